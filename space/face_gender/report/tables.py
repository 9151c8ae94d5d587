"""Results -> rows, records, CSV and a self-contained HTML page."""

import base64
import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from ..model_folder import COLUMNS
from ..photo import PhotoError
from ..result import Result
from .drawing import colour_of, draw_result

OK, NO_FACE = "ok", "no_face"

Outcome = Result | PhotoError
Row = dict[str, Any]


def status_of(outcome: Outcome) -> str:
    """A result or its error -> `ok`, `no_face` or `error: <sentence>`."""
    if isinstance(outcome, PhotoError):
        return f"error: {outcome}"
    return OK if outcome.faces else NO_FACE


def to_rows(photo: str, outcome: Outcome) -> list[Row]:
    """One row a face; one for a photo without faces or with an error. Keys are COLUMNS, then the classes."""
    head = {"photo": photo, "status": status_of(outcome)}
    if isinstance(outcome, PhotoError) or not outcome.faces:
        return [head]
    rows = []
    for face in outcome.to_dict()["faces"]:
        place = dict(zip(("left", "top", "right", "bottom"), face["box"], strict=True))
        plain = {name: face[name] for name in ("face", "confidence", "label")}
        rows.append({**head, **place, **plain, **face["scores"]})
    return rows


def to_csv(rows: Iterable[Row], labels: Sequence[str]) -> str:
    """Rows -> CSV with a header; what a spreadsheet would run as a formula is quoted with an apostrophe."""
    out = io.StringIO()
    columns = [*COLUMNS, *labels]
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")  # RFC 4180; also makes a name with a return in it quoted
    for row in ({name: name for name in columns}, *rows):
        writer.writerow({name: _defuse(value) for name, value in row.items()})
    return out.getvalue()


def to_record(photo: str, outcome: Outcome) -> Row:
    """One photo -> `photo`, `status` and, where it was read, the result's keys."""
    return {"photo": photo, "status": status_of(outcome), **(outcome.to_dict() if isinstance(outcome, Result) else {})}


def to_json(records: Iterable[Row]) -> Iterator[str]:
    """Records -> a JSON list, in pieces."""
    before = "[\n "
    for record in records:
        yield before + json.dumps(record, indent=1, ensure_ascii=False).replace("\n", "\n ")
        before = ",\n "
    yield "[]\n" if before.startswith("[") else "\n]\n"


def to_text(rows: Sequence[Row], labels: Sequence[str]) -> str:
    """Rows -> aligned columns for a terminal."""
    columns = [*COLUMNS, *labels]
    cells = [columns, *([_on_one_line(str(row.get(name, ""))) for name in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)


def to_figure(photo: str, outcome: Outcome) -> str:
    """One photo -> an HTML figure: thumbnail with boxes inside the page, labels and scores beneath."""
    if isinstance(outcome, PhotoError):
        return f'<figure class="error"><figcaption><b>{escape(photo)}</b><p>{escape(str(outcome))}</p></figcaption></figure>'
    packed = io.BytesIO()
    draw_result(outcome, side=360).save(packed, "JPEG", quality=80)
    picture = base64.b64encode(packed.getvalue()).decode()
    faces = "".join(_face_line(number, face, outcome) for number, face in enumerate(outcome.to_dict()["faces"], start=1))
    return (
        f'<figure><img alt="{escape(photo)}" src="data:image/jpeg;base64,{picture}">'
        f"<figcaption><b>{escape(photo)}</b><ol>{faces}</ol>{'' if faces else '<p>No face found.</p>'}</figcaption></figure>"
    )


def to_html(figures: Iterable[str], summary: str) -> Iterator[str]:
    """Figures -> one page that needs nothing else, in pieces."""
    style = (
        "body{font:16px/1.4 system-ui,sans-serif;margin:2rem;color:#222;background:#fff}"
        "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(18rem,1fr));gap:1rem}"
        "figure{margin:0;padding:.6rem;border:1px solid #ccc;border-radius:.5rem;overflow-wrap:anywhere}"
        "img{max-width:100%}ol{padding-left:1.4rem;margin:.3rem 0}mark{padding:0 .3rem;color:#000}.error{border-color:#a00}"
        "@media(prefers-color-scheme:dark){body{color:#eee;background:#111}figure{border-color:#444}}"
    )
    yield (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Perceived gender of faces</title><style>{style}</style><h1>Perceived gender of faces</h1>"
        f"<p>{escape(summary)}</p><p>Labels are a model's guess at how annotators would perceive a face, never a person's "
        f"identity; a face below the threshold is “uncertain”.</p><main>"
    )
    yield from figures
    yield "</main></html>\n"


def _face_line(number: int, face: dict[str, Any], result: Result) -> str:
    scores = ", ".join(f"{escape(name)} {score:.2f}" for name, score in face["scores"].items())
    colour = colour_of(face["label"], result.labels)
    return f'<li><mark style="background:{colour}">{escape(face["label"])}</mark> {scores}</li>'


def _on_one_line(text: str) -> str:
    """Also without what would move a terminal's cursor or turn its writing round."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _defuse(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
