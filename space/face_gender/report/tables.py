"""Results -> rows, records, CSV and a self-contained HTML page."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ..columns import COLUMNS, PROVENANCE
from ..photo import PhotoError
from ..result import Outcome, Result
from ..settings import VERSION

OK, NO_FACE = "ok", "no_face"

Row = dict[str, Any]


def provenance_of(threshold: float, model: str, revision: str) -> Row:
    """Who answers, and from which score on -> what every file says of itself. Keys: PROVENANCE."""
    today = datetime.now(UTC).date().isoformat()
    return dict(zip(PROVENANCE, (threshold, model, revision, VERSION, today), strict=True))


def status_of(outcome: Outcome) -> str:
    """A result or its error -> `ok`, `no_face` or `error: <sentence>`."""
    if isinstance(outcome, PhotoError):
        return f"error: {outcome}"
    return OK if outcome.faces else NO_FACE


def to_rows(photo: str, outcome: Outcome) -> list[Row]:
    """One row a face; one for a photo without faces or with an error. Keys: COLUMNS, classes."""
    head = {"photo": photo, "status": status_of(outcome)}
    if isinstance(outcome, PhotoError) or not outcome.faces:
        return [head]
    return [{**head, **row} for row in outcome.face_rows()]


def to_csv(rows: Iterable[Row], labels: Sequence[str], more: Sequence[str] = ()) -> str:
    """Rows -> CSV with a header; `more` columns, such as a video's, come last."""
    return write_csv(rows, (*COLUMNS, *labels, *more))


def write_csv(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Rows -> CSV with a header; what a spreadsheet would run as a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(
        out, columns, lineterminator="\r\n"
    )  # RFC 4180; also makes a name with a return in it quoted
    for row in ({name: name for name in columns}, *rows):
        writer.writerow({name: _defuse(value) for name, value in row.items()})
    return out.getvalue()


def to_record(photo: str, outcome: Outcome) -> Row:
    """One photo -> `photo`, `status` and, where it was read, the result's keys."""
    return {
        "photo": photo,
        "status": status_of(outcome),
        **(outcome.to_dict() if isinstance(outcome, Result) else {}),
    }


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
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )


def _on_one_line(text: str) -> str:
    """Also without what would move a terminal's cursor or turn its writing round."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _defuse(value: Any) -> Any:
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )
