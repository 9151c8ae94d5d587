"""Pieces of HTML -> one page that needs no other file."""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from face_gender.report import html

STYLE = Path(html.__file__).parents[1] / "ui" / "style.css"
LOOK = """:root{color-scheme:light dark;--body-text-color:light-dark(#222,#eee);
--body-text-color-subdued:light-dark(#555,#bbb);
--border-color-primary:light-dark(#ccc,#444);--block-background-fill:light-dark(#fff,#1a1a1a)}
body{font:16px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;padding:0 1rem;
color:var(--body-text-color);background:light-dark(#fafaf9,#111)}.sort{pointer-events:none}.sort::after{content:none!important}"""


def whole_page(title: str, lead: str, parts: Iterable[str]) -> str:
    """A title, a sentence and pieces of HTML, both escaped before -> the page."""
    head = f'<header class="lead"><h1>{escape(title)}</h1><p>{lead}</p></header>'
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{LOOK}{STYLE.read_text(encoding='utf-8')}</style>"
        f"<main>{head}{''.join(parts)}</main></html>\n"
    )
