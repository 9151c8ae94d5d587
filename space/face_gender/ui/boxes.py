"""Gradio's boxes as this page needs them: uploads come as they were sent, HTML is styled by style.css alone."""

from typing import Any

import gradio as gr
from gradio.data_classes import ListFiles

# A click, or Enter, on what bears data-pick tells Python which; a click on a column's name sorts its table.
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
  const rows = [...body.rows].sort((a, b) => cell(a).localeCompare(cell(b), undefined, {numeric: true}));
  body.append(...(up ? rows : rows.reverse()));
});
"""


def photo_box(**options: Any) -> gr.Image:
    """Drop, paste or camera -> the file's path, whatever it holds: what is no photo is told in our words."""
    return _as_sent(gr.Image(**options))


def file_box(**options: Any) -> gr.File:
    """Files -> their paths; Gradio's own way leaves an empty file on the disk for each."""
    return _as_sent(gr.File(**options))


def _as_sent(box: Any) -> Any:
    box.preprocess = _to_paths  # of this one box; a class of our own would write a .pyi file beside this one
    return box


def _to_paths(sent: Any) -> str | list[str] | None:
    """What the browser sent, already in the cache -> its path, or a list of them."""
    if sent is None:
        return None
    return [file.path for file in sent] if isinstance(sent, ListFiles) else sent.path


def html_box(value: str = "", script: str | None = None, visible: bool = True) -> gr.HTML:
    """HTML, with a script that listens to it."""
    return gr.HTML(value, js_on_load=script, visible=visible, apply_default_css=False)
