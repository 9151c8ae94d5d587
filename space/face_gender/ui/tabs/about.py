"""What the model is and is not for, how good it is, how to call it, what happens to photos."""

import gradio as gr

from ...published_metrics import Published, read_published
from ...reader import PhotoReader
from ...report import html
from ...report.charts import draw_bars, draw_reliability, draw_risk_coverage
from ...report.rendering import percent, span
from ...settings import PageSettings
from .. import controls, snippets, sources, strings
from ..components import html_box, script

CROSSED = " x "  # between the two columns of such a group's name
BANDS = "age band"  # wider than ages, and of the same faces


def about_tab(reader: PhotoReader, settings: PageSettings) -> None:
    """Build the tab."""
    published = read_published(reader.folder)
    kept = strings.KEPT.format(minutes=settings.kept_seconds / 60)
    with gr.Tab("About"):
        html_box(
            html.section("Meant for", strings.FOR)
            + html.section("Not for", strings.NOT_FOR)
            + html.section("Your photos", kept)
        )
        html_box(
            _figures(published) if published else html.section("How good it is", strings.NO_FIGURES)
        )
        examples = {
            "Python": snippets.PYTHON,
            "curl": snippets.CURL,
            "JavaScript": snippets.JAVASCRIPT,
        }
        html_box(
            html.section("Call it", strings.CALL)
            + "".join(controls.snippet(*snippet) for snippet in examples.items()),
            script("copy"),
        )
        html_box(
            controls.sources(sources.rows(reader))
            + controls.snippet("BibTeX", sources.BIBTEX)
            + html.section("Examples", sources.EXAMPLES),
            script("copy"),
        )


def say_figures(published: Published) -> str:
    """A model's own figures -> in sentences."""
    whole = published.whole
    return (
        f"{percent(whole.share)} of {whole.n:,} photos held out from training are right "
        f"(95 % interval {span(whole.interval)}), as annotators of a public data set labelled "
        f"them. {_misses(published)}At the threshold {published.threshold:.2f} it decides on "
        f"{percent(published.coverage)}, and "
        f"{percent(published.covered)} of these decisions are right."
    )


def _figures(published: Published) -> str:
    charts = {
        column: draw_bars(f"Share right by {column}", bars)
        for column, bars in published.groups.items()
        if BANDS not in column  # the ages again
    }
    drawn = [draw_reliability(published.reliability)] if published.reliability else []
    drawn += [draw_risk_coverage(published.curve, published.coverage)] if published.curve else []
    return (
        html.section("How good it is", say_figures(published))
        + html.plots(*drawn)
        + _by_group(charts)
    )


def _misses(published: Published) -> str:
    every = published.with_misses
    if not (published.missed and every):
        return ""
    return (
        f"In {published.missed} of them no face was found, and the middle of the photo was scored; "
        f"counting these as errors, {percent(every.share)} are right. "
    )


def _by_group(charts: dict[str, str]) -> str:
    """A chart for each column -> all of them; those of two columns at once are many, and unfold."""
    single = [chart for column, chart in charts.items() if CROSSED not in column]
    crossed = [chart for column, chart in charts.items() if CROSSED in column]
    return html.groups(strings.BY_GROUP, single, strings.CROSSED, crossed) if charts else ""
