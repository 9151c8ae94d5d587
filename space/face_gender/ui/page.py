"""Reader -> gr.Blocks: a tab each, the API, and how both are served."""

from html import escape
from pathlib import Path

import gradio as gr

from ..reader import PhotoReader
from ..runtime.malloc import give_back_memory
from ..settings import FaceSettings, PageSettings, VideoSettings, ZipSettings, from_environment
from ..video_reader import VideoReader
from . import strings
from .api import ApiPage, add_api
from .batch import BatchReader
from .components import html_box, script, take_no_address
from .head import write_head
from .server import serve_page
from .tabs.about import about_tab
from .tabs.check import check_tab
from .tabs.folder import folder_tab
from .tabs.live import live_tab
from .tabs.photo import photo_tab
from .tabs.video import video_tab
from .tools import offer_tools
from .videos import VisitorVideos

STYLE = Path(__file__).with_name("style.css")
FONT = ("system-ui", "sans-serif")  # no font is fetched
DIM = {
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "*neutral_300",
}  # legible: 4.5 to 1 and over
THEME = gr.themes.Base(
    primary_hue="stone",
    secondary_hue="stone",
    neutral_hue="stone",
    font=FONT,
    font_mono=("monospace",),
    radius_size="lg",
).set(
    **DIM,
    body_background_fill="*neutral_50",
    body_background_fill_dark="*neutral_950",
    link_text_color="*neutral_700",
    link_text_color_dark="*neutral_200",
    block_info_text_color="*body_text_color_subdued",
    block_label_text_color="*body_text_color_subdued",
)


def build_ui(
    reader: PhotoReader, settings: PageSettings = PageSettings(), zips: ZipSettings = ZipSettings()
) -> gr.Blocks:
    """A reader -> the page, with `/predict` and its like for clients."""
    batches = BatchReader(reader, settings, zips)
    videos = VisitorVideos(VideoReader(reader, from_environment(VideoSettings)), settings)
    with ApiPage(title=strings.TITLE, analytics_enabled=False, fill_width=True) as page:
        add_api(
            reader, batches, videos
        )  # first, so that no event of a tab takes an endpoint's name
        html_box(
            f'<header class="lead"><h1>{strings.TITLE}</h1><p>{strings.LEAD}</p></header>',
            script("zip", "tabs", "take"),
        )
        checked = gr.State()  # what the visitor's own check says of the model's errors
        with gr.Tabs():
            photo_tab(reader, settings)
            live_tab(reader, settings)
            video_tab(videos, settings)
            folder_tab(reader, batches, checked)
            check_tab(reader, batches, checked)
            about_tab(reader, settings)
        html_box(
            f'<p class="foot">{escape(reader.origin)} {strings.FOR} '
            "Not for decisions about anyone.</p>"
        )
    take_no_address()
    write_head()
    return page


def launch_ui(reader: PhotoReader) -> None:
    """Serve the page until stopped; Gradio's GRADIO_SERVER_NAME and GRADIO_SERVER_PORT apply."""
    give_back_memory()
    print(reader.origin, flush=True)  # into the log: which model answers, and why no other
    settings = from_environment(PageSettings)
    page = build_ui(reader, settings, from_environment(ZipSettings))
    page.queue(
        default_concurrency_limit=from_environment(FaceSettings).threads,
        max_size=settings.max_queue,
    )
    serve_page(
        page,
        settings,
        theme=THEME,
        css_paths=[STYLE],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        footer_links=["api"],
        i18n=gr.I18n(en=strings.GRADIO),
        max_file_size=f"{settings.max_upload_mb}mb",
        state_session_capacity=settings.max_visitors,
        mcp_server=offer_tools(),
    )
