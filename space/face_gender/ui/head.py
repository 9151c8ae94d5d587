"""Gradio's page before any script runs -> the same with our title and picture, in one language.

Gradio names itself where the page is shared, and speaks the browser's language beside our English.
"""

import re
from html import escape
from pathlib import Path

from gradio import routes
from jinja2 import ChoiceLoader, DictLoader
from starlette.responses import FileResponse
from starlette.routing import Route

from . import strings

TEMPLATE, CONFIG = "frontend/index.html", "<script>window.gradio_config"
CARD = Path(__file__).with_name("card.jpg")  # drawn by tests/screenshots.py
ENGLISH = """<script>
for (const [name, value] of [["language", "en"], ["languages", ["en"]]])
  Object.defineProperty(navigator, name, {get: () => value});
Intl.NumberFormat.supportedLocalesOf = () => ["en"];  // Chromium takes long to list all it knows
</script>"""


def write_head() -> None:
    """Have Gradio serve the page with our head. Raises ValueError where its page is another."""
    loader = routes.templates.env.loader
    if loader is None or isinstance(loader, ChoiceLoader):
        return
    page, *_ = loader.get_source(routes.templates.env, TEMPLATE)
    page = re.sub(r'<meta\s+(property="og:|name="twitter:)[^>]*>', "", page)
    if page.count(CONFIG) != 1:
        raise ValueError(f"Gradio's page should hold {CONFIG!r} once.")
    said = {
        "og:type": "website",
        "og:title": strings.TITLE,
        "og:description": strings.LEAD,
        "og:image": "{{ config.get('root', '') }}/card.jpg",
    }
    metas = "".join(
        f'<meta property="{name}" content="{escape(value, quote="config" not in value)}">'
        for name, value in said.items()
    )
    metas += f'<meta name="description" content="{escape(strings.LEAD)}">'
    page = page.replace(CONFIG, metas + ENGLISH + CONFIG)
    routes.templates.env.loader = ChoiceLoader([DictLoader({TEMPLATE: page}), loader])


def card_route() -> Route:
    """The picture that stands for the page where it is shared."""
    return Route("/card.jpg", lambda _: FileResponse(CARD))
