"""`--average_weights` -> the share of each network in the mean."""

from collections.abc import Sequence

from ..common.errors import StageError


def read_shares(others: Sequence[str]) -> dict[str, float]:
    """`FOLDER:SHARE` of each other network -> its share; the trained one gets the rest of 1.

    Raises StageError if one has another form, or if they add up to 1 or more.
    """
    try:
        shares = {
            name: float(share) for name, _, share in (part.rpartition(":") for part in others)
        }
    except ValueError:
        shares = {"": 0.0}
    if not all(name and share > 0 for name, share in shares.items()) or sum(shares.values()) >= 1:
        raise StageError(
            "--average_weights takes folder:share, together below 1, such as runs/a/model:0.25, "
            f"not {' '.join(others)}."
        )
    return shares
