"""Shares and groups -> charts, tables, rows and lines of text that show guesses and corrections."""

from collections.abc import Iterable, Sequence

from ..columns import PROVENANCE
from ..drawing import colour_of
from ..groups import Difference, Group
from ..result import Count
from ..shares import Estimate, Known, Share, say_why
from .charts import Bar, draw_bars
from .html import section, table
from .rendering import escape, how_many, percent, span
from .tables import Row

SHARE_COLUMNS = (
    "column",
    "group",
    "label",
    "faces",
    "guessed",
    "guessed_low",
    "guessed_high",
    "corrected",
    "corrected_low",
    "corrected_high",
    "difference",
    "difference_low",
    "difference_high",
    "corrected_difference",
    "corrected_difference_low",
    "corrected_difference_high",
    *PROVENANCE,
)  # of a row a group and class; shares 0..1, differences to the largest group
GROUPS = 30  # shown of a column, the largest
BY_GROUP = (
    "A group is corrected by how often each class was mistaken in the same group of the model’s "
    "own test, and not at all where that test has no such group. Differences are to the largest "
    "group."
)


def shares_part(shares: Sequence[Share], known: Known, labels: tuple[str, ...]) -> str:
    """Shares of all faces -> their chart, with the sentence on why; nothing without a face."""
    if not shares:
        return ""
    return shares_chart(shares, labels) + f"<p>{escape(say_why(shares, known))}</p>"


def shares_chart(shares: Sequence[Share], labels: tuple[str, ...]) -> str:
    """Shares of all faces -> bars, guessed and corrected; nothing without a face."""
    bars = [bar for share in shares for bar in _bars(share, share.label, labels)]
    return draw_bars("Best guesses, and corrected for known errors", bars) if bars else ""


def _bars(share: Share, name: str, labels: tuple[str, ...]) -> list[Bar]:
    tint, guessed, corrected = colour_of(share.label, labels), share.guessed, share.corrected
    bars = [Bar(f"{name}, guessed", guessed.share, guessed.interval, guessed.n, tint)]
    if corrected:
        n = round(corrected.share * guessed.n / guessed.share) if guessed.share else 0
        bars.append(Bar(f"{name}, corrected", corrected.share, corrected.interval, n, tint))
    return bars


def groups_section(column: str, groups: Sequence[Group], labels: tuple[str, ...]) -> str:
    """A column's groups -> a chart of one class (of each, if more than two), and a table."""
    most = sorted(groups, key=lambda group: -group.faces)[:GROUPS]
    shown = [group for group in groups if group in most]
    drawn = range(len(labels))[-1:] if len(labels) == 2 else range(len(labels))
    charts = "".join(
        draw_bars(
            f"{labels[at]} by {column}",
            [bar for group in shown for bar in _bars(group.shares[at], group.name, labels)],
        )
        for at in drawn
    )
    note = f"The {GROUPS} largest of {len(groups):,} groups. " if len(groups) > GROUPS else ""
    return section(column, note + BY_GROUP) + charts + _groups_table(column, shown, labels)


def _groups_table(column: str, groups: Sequence[Group], labels: tuple[str, ...]) -> str:
    kinds = ("guessed", "corrected", "difference", "corrected difference")
    head = [column, "faces", *(f"{label}, {kind}" for label in labels for kind in kinds)]
    rows = []
    for group in groups:
        cells = [
            cell
            for share, gap in zip(group.shares, _gaps(group), strict=True)
            for cell in (
                _cell(share.guessed),
                _cell(share.corrected),
                _cell(gap.guessed if gap else None),
                _cell(gap.corrected if gap else None),
            )
        ]
        rows.append([escape(group.name), f"{group.faces:,}", *cells])
    return table(f"By {column}", head, rows)


def _gaps(group: Group) -> Sequence[Difference | None]:
    return group.differences or [None] * len(group.shares)


def _cell(estimate: Estimate | Count | None) -> str:
    if estimate is None:
        return "–"
    return f"{percent(estimate.share)} <small>{span(estimate.interval)}</small>"


def share_rows(column: str, groups: Iterable[Group]) -> list[Row]:
    """A column's groups -> a row a group and class. Keys: SHARE_COLUMNS; unknown ones are left."""
    return [
        {
            "column": column,
            "group": group.name,
            "label": share.label,
            "faces": group.faces,
            **_numbers("guessed", share.guessed),
            **_numbers("corrected", share.corrected),
            **_numbers("difference", gap.guessed if gap else None),
            **_numbers("corrected_difference", gap.corrected if gap else None),
        }
        for group in groups
        for share, gap in zip(group.shares, _gaps(group), strict=True)
    ]


def _numbers(name: str, estimate: Estimate | Count | None) -> Row:
    if estimate is None:
        return {}
    low, high = estimate.interval
    values = (estimate.share, low, high)
    names = (name, f"{name}_low", f"{name}_high")
    return {key: round(value, 4) for key, value in zip(names, values, strict=True)}


def shares_text(shares: Iterable[Share]) -> str:
    """Shares -> a line a class for a terminal."""
    return "\n".join(
        f"{share.label}: {_said(share.guessed.share, share.guessed.interval)} guessed"
        + (
            f", {_said(share.corrected.share, share.corrected.interval)} corrected"
            if share.corrected
            else ""
        )
        for share in shares
    )


def groups_text(column: str, groups: Iterable[Group]) -> str:
    """A column's groups -> a line a group and class for a terminal."""
    return "\n".join(
        f"{column} {group.name}, {how_many(group.faces)}: {line}"
        for group in groups
        for line in shares_text(group.shares).splitlines()
    )


def _said(share: float, interval: tuple[float, float]) -> str:
    return f"{percent(share)} [{span(interval)}]"
