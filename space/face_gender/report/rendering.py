"""Templates -> HTML; values are escaped for HTML and for the template language of Gradio's page."""

from collections.abc import Mapping
from html import escape as escape_html
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

TEMPLATE_SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in "{}$`\\"})


def escape(value: object) -> str:
    """Anything -> text that neither HTML nor the page's template language reads as its own."""
    return escape_html(str(value)).translate(TEMPLATE_SIGNS)


def _escape_unless_html(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(escape(value))  # noqa: S704


def percent(share: float) -> str:
    """A share in 0..1 -> percent with one decimal."""
    return f"{100 * share:.1f} %"


def span(interval: tuple[float, float]) -> str:
    """An interval in 0..1 -> percent, from and to."""
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}"


def how_many(n: int, noun: str = "face") -> str:
    """A number of faces, or of another noun -> "no face", "1 face", "2 faces"."""
    return f"no {noun}" if not n else f"1 {noun}" if n == 1 else f"{n:,} {noun}s"


def say_made_by(made: Mapping[str, Any]) -> str:
    """What tables.provenance_of gives -> a sentence."""
    data = f"Data: {made['data']}. " if "data" in made else ""
    return (
        f"{data}Model {made['model']} ({made['revision']}), threshold {made['threshold']:.2f}, "
        f"face-gender {made['version']}, {made['date']}."
    )


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    finalize=_escape_unless_html,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters |= {"percent": percent, "span": span, "how_many": how_many}


class _Pieces:
    """The macros of pieces.html, each of which gives HTML; compiled once the first is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(TEMPLATES.get_template("pieces.html").module, name)


PIECES = _Pieces()
