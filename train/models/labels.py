"""A checkpoint -> its classes, in order."""

from transformers import AutoConfig

from ..common.errors import StageError
from ..common.files import check_checkpoint
from ..data import class_order


def base_labels(base_model: str, labels: list[str]) -> list[str]:
    """A checkpoint and the data's classes -> the classes in the order of its classifier.

    Raises StageError if it has as many classes, but under other names.
    """
    known = labels_of(base_model)
    if len(known) != len(labels) or all(
        name == f"LABEL_{number}" for number, name in enumerate(known)
    ):
        return labels
    class_order(labels, known, base_model)
    return known


def labels_of(checkpoint: str) -> list[str]:
    """A checkpoint's folder or Hub name -> its class names. Raises StageError if unreachable."""
    check_checkpoint(checkpoint)
    try:
        return list(AutoConfig.from_pretrained(checkpoint).id2label.values())
    except (ImportError, KeyError, OSError, ValueError) as error:
        raise StageError(
            f"The checkpoint {checkpoint} cannot be opened: {str(error).splitlines()[0]}"
        ) from error
