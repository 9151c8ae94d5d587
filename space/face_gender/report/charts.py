"""Figures -> plots as HTML and SVG without a library, in the text's colour for light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..metrics import Bin
from .rendering import PIECES, escape

LEFT, TOP, SIDE, TALL = 46, 12, 260, 200  # px of the plot's frame inside its picture
STEPS = 5  # of either axis
TOPS = (0.05, 0.1, 0.2, 0.5, 1.0)  # of an axis that shows how much is wrong
WIDTH, HEIGHT = LEFT + SIDE + 14, TOP + TALL + 40


@dataclass(frozen=True)
class Bar:
    """One row of a bar chart: a share in 0..1, its 95 % interval, and how many faces it is of."""

    name: str
    share: float
    interval: tuple[float, float]
    n: int
    colour: str = ""


@dataclass(frozen=True)
class Axes:
    """What a plot's axes say and span."""

    across: str
    up: str
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> str:
        """A point of the data -> "x,y" in the picture, inside the frame."""
        across = min(1.0, max(0.0, (x - self.x[0]) / (self.x[1] - self.x[0])))
        up = min(1.0, max(0.0, (y - self.y[0]) / (self.y[1] - self.y[0])))
        return f"{LEFT + across * SIDE:.1f},{TOP + (1 - up) * TALL:.1f}"


def draw_bars(title: str, bars: Sequence[Bar], low: float = 0.0) -> str:
    """Bars -> a table whose middle column is drawn; `low` is where every bar begins, 0..1."""

    def place(share: float) -> float:
        return 100 * max(0.0, share - low) / (1 - low)

    rows = []
    for bar in bars:
        start, end = map(place, bar.interval)
        drawn = {"width": place(bar.share), "start": start, "reach": end - start}
        known = {
            "name": bar.name,
            "tint": bar.colour,
            "share": bar.share,
            "interval": bar.interval,
            "n": bar.n,
        }
        rows.append(known | drawn)
    return str(PIECES.bars(title, rows))


def draw_reliability(bins: Sequence[Bin]) -> str:
    """Bins of equal mass -> accuracy against confidence, with intervals and the diagonal."""
    low = 0.5 if all(each.accuracy >= 0.5 for each in bins) else 0.0
    axes = Axes("confidence", "share right", (low, 1), (low, 1))
    marks = "".join(_bin_mark(each, axes) for each in bins)
    ideal = f'<path class="ideal" d="M{axes.at(low, low)}L{axes.at(1, 1)}"/>'
    worst = max(bins, key=lambda each: abs(each.accuracy - each.confidence), default=None)
    said = (
        f"widest gap: {worst.accuracy:.2f} right at confidence {worst.confidence:.2f}"
        if worst
        else "no faces"
    )
    return _figure(
        "Reliability", f"Reliability plot of {len(bins)} bins; {said}.", axes, ideal + marks
    )


def _bin_mark(each: Bin, axes: Axes) -> str:
    low, high = (axes.at(each.confidence, edge) for edge in each.interval)
    center = _center(axes.at(each.confidence, each.accuracy))
    return f'<path class="whisker" d="M{low}L{high}"/><circle r="3.5" {center}/>'


def draw_risk_coverage(curve: Sequence[tuple[float, float]], coverage: float | None = None) -> str:
    """Pairs of coverage and risk -> the error among the most confident; a ring at the threshold."""
    highest = max([0, *(risk for share, risk in curve if share >= 0.05)])
    top = next(top for top in TOPS if top >= highest)
    axes = Axes("share decided on", "share wrong", (0, 1), (0, top))
    steps = "L".join(axes.at(*pair) for pair in curve)
    line = f'<path class="line" d="M{steps}"/>' if curve else ""
    share = 1 if coverage is None else coverage
    near = min(curve, key=lambda pair: abs(pair[0] - share), default=None)
    if near is None:
        return _figure("Risk and coverage", "Risk-coverage plot of no faces.", axes, "")
    ring = f'<circle class="ring" r="6" {_center(axes.at(*near))}/>' if coverage is not None else ""
    said = (
        f"deciding on {100 * near[0]:.0f} % of the faces, "
        f"{100 * near[1]:.1f} % of the decisions are wrong"
    )
    return _figure("Risk and coverage", f"Risk-coverage plot: {said}.", axes, line + ring)


def draw_confusion(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """A confusion matrix, true by row -> a table, the fuller the darker."""
    return str(PIECES.confusion(labels, list(zip(labels, counts, strict=True))))


def _center(point: str) -> str:
    x, y = point.split(",")
    return f'cx="{x}" cy="{y}"'


def _figure(title: str, said: str, axes: Axes, marks: str) -> str:
    return (
        f'<figure class="plot"><figcaption>{escape(title)}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(said)}">'
        f"{_frame(axes)}{marks}</svg></figure>"
    )


def _frame(axes: Axes) -> str:
    """Grid and words."""
    parts = []
    for step in range(STEPS + 1):
        x = axes.x[0] + (axes.x[1] - axes.x[0]) * step / STEPS
        y = axes.y[0] + (axes.y[1] - axes.y[0]) * step / STEPS
        across, up = axes.at(x, y).split(",")
        parts.append(
            f'<path class="grid" d="M{across},{TOP}V{TOP + TALL}M{LEFT},{up}H{LEFT + SIDE}"/>'
        )
        parts.append(
            f'<text x="{across}" y="{TOP + TALL + 15}" text-anchor="middle">{round(100 * x)}</text>'
        )
        parts.append(
            f'<text x="{LEFT - 6}" y="{float(up) + 4:.1f}" text-anchor="end">'
            f"{round(100 * y)}</text>"
        )
    middle = TOP + TALL / 2
    parts.append(
        f'<text x="{LEFT + SIDE / 2}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(axes.across)}, %</text>"
    )
    parts.append(
        f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">'
        f"{escape(axes.up)}, %</text>"
    )
    return "".join(parts)
