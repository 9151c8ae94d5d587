"""Gradio's components as this page needs them: uploads as they were sent, HTML without its CSS."""

from base64 import b64decode
from typing import Any

import gradio as gr
from gradio import processing_utils
from gradio.data_classes import ImageData, ListFiles

from . import strings

PROGRESS_HEIGHT = 120  # px, for a bar that would else lie over what follows
# A click or Enter on data-pick tells Python which; a click on a column's name sorts its table.
PICK = """
element.addEventListener('click', event => {
  const picked = event.target.closest('[data-pick]');
  if (picked) trigger('select', {pick: picked.dataset.pick});
});
"""
SORT = """
element.addEventListener('click', event => {
  const button = event.target.closest('button.sort');
  if (!button) return;
  const head = button.closest('th'), body = head.closest('table').tBodies[0];
  const up = head.getAttribute('aria-sort') !== 'ascending';
  for (const other of head.parentNode.children) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const cell = row => row.cells[head.cellIndex].innerText;
  const rows = [...body.rows]
    .sort((a, b) => cell(a).localeCompare(cell(b), undefined, {numeric: true}));
  body.append(...(up ? rows : rows.reverse()));
});
"""
# A key gives the face in focus a label; Python hears of all that differ from what was given.
REVIEW = """
const tiles = () => [...element.querySelectorAll('[data-key]')];
const call = (tile, [, name, tint]) => {
  const shown = tile.querySelector('.decision');
  tile.dataset.label = shown.textContent = name;
  shown.style.setProperty('--tint', tint);
  const changed = tiles().filter(each => each.dataset.label !== each.dataset.given);
  const corrections = changed.map(each => [each.dataset.key, each.dataset.label]);
  trigger('select', {corrections: Object.fromEntries(corrections)});
};
const optionsOf = tile => JSON.parse(tile.parentNode.dataset.options);
element.addEventListener('keydown', event => {
  const tile = event.target.closest('[data-key]');
  if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  const chosen = optionsOf(tile).find(([key]) => key === event.key.toLowerCase());
  if (!step && !chosen) return;
  event.preventDefault();
  if (chosen) call(tile, chosen);
  const all = tiles();
  all[all.indexOf(tile) + (step ?? 1)]?.focus();
});
element.addEventListener('click', event => {
  const tile = event.target.closest('[data-key]');
  if (!tile) return;
  const options = optionsOf(tile);
  const now = options.findIndex(([, name]) => name === tile.dataset.label);
  call(tile, options[(now + 1) % options.length]);
});
"""

# A click on one button has the picture drawn as the boxes beside it say; on another copies it.
SHARE = """
const copied = async picture => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  canvas.getContext('2d').drawImage(picture, 0, 0);
  const content = new Promise(done => canvas.toBlob(done));
  await navigator.clipboard.write([new ClipboardItem({'image/png': content})]);
};
const on = part => element.querySelector(part + ':checked') !== null;
element.addEventListener('click', event => {
  if (event.target.closest('[data-draw]'))
    trigger('select', {numbers: on('[value=numbers]'), blur: on('[name=blur]')});
  const copy = event.target.closest('[data-copy]');
  if (!copy) return;
  const refused = window.isSecureContext ? 'The browser refuses' : 'Copying needs https';
  copied(element.querySelector('.share img'))
    .then(() => { copy.textContent = 'Copied'; }, () => { copy.textContent = refused; });
});
"""

# Gradio takes as a photo only what the browser calls one, and browsers do not know every kind, nor
# any in capitals or without a suffix. First, each file is called a photo: photo.py judges.
TAKE_ANY = """
const taker = element.closest('[role=tabpanel]');
const isPhoto = file => file.type.startsWith('image/');
const asPhoto = file => isPhoto(file) ? file : new File([file], file.name, {type: 'image/unknown'});
const asPhotos = files => {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(asPhoto(file));
  return transfer;
};
taker.addEventListener('click', event => {
  if (event.target.type === 'file') event.target.accept = '';
}, true);
taker.addEventListener('change', event => {
  if (event.target.type === 'file') event.target.files = asPhotos(event.target.files).files;
}, true);
taker.addEventListener('drop', event => {
  const dropped = [...(event.dataTransfer?.files ?? [])];
  if (dropped.every(isPhoto)) return;
  event.preventDefault();
  event.stopPropagation();
  const options = {bubbles: true, cancelable: true, dataTransfer: asPhotos(dropped)};
  event.target.dispatchEvent(new DragEvent('drop', options));
}, true);
"""


def photo_box(**options: Any) -> gr.Image:
    """Drop, paste or camera -> the file's path, whatever it holds: our own sentence refuses it."""
    return _as_sent(gr.Image(**options))


def file_box(**options: Any) -> gr.File:
    """Files -> their paths; Gradio's own way leaves an empty file on the disk for each."""
    return _as_sent(gr.File(**options))


def camera_box(**options: Any) -> gr.Image:
    """A camera's frames -> their bytes, or a file's path: photo.py decodes them, not Gradio."""
    box = gr.Image(sources=["webcam"], streaming=True, **options)
    box.preprocess = _to_frame
    return box


def _as_sent(box: Any) -> Any:
    """Never update such a box (gr.update, gr.skip): Gradio would replace it by a plain one."""
    box.preprocess = (
        _to_paths  # of this one box; a class of our own would write a .pyi file beside this one
    )
    return box


def _to_paths(sent: Any) -> str | list[str] | None:
    """What the browser sent, already in the cache -> its path, or a list of them."""
    if sent is None:
        return None
    return [file.path for file in sent] if isinstance(sent, ListFiles) else sent.path


def _to_frame(sent: ImageData | None) -> bytes | str:
    """What the camera sent -> its bytes or path; no bytes, which is no photo, if neither."""
    if sent is None:
        return b""
    head, _, content = (sent.url or "").partition(",")
    if not head.startswith("data:"):
        return sent.path or b""
    try:
        return b64decode(content, validate=True)
    except ValueError:
        return b""


def html_box(
    value: str = "", script: str | None = None, visible: bool = True, height: int | None = None
) -> gr.HTML:
    """HTML, with a script that listens to it; `height` px stay free for it while it is empty."""
    return gr.HTML(
        value, js_on_load=script, visible=visible, apply_default_css=False, min_height=height
    )


def take_no_address() -> None:
    """Stop Gradio from fetching any address that a visitor names, in whatever box or request.

    Its one way out is closed: settings of a box are lost when Gradio makes it anew for a visitor.
    """
    processing_utils.async_ssrf_protected_download = _refuse_address
    processing_utils.async_ssrf_protected_get = _refuse_address


async def _refuse_address(*_: Any, **__: Any) -> None:
    raise gr.Error(strings.SEND_THE_FILE, print_exception=False)
