"""The API's answers: against the schema, and to one plain POST."""

import json
from pathlib import Path

import httpx
from jsonschema import Draft202012Validator

from tests.conftest import ROOT

EXAMPLES = ROOT / "space" / "examples"
SCHEMA = json.loads(
    (ROOT / "space" / "face_gender" / "result.schema.json").read_text(encoding="utf-8")
)


def assert_valid(answer, part: str = "") -> None:
    schema = {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{part}"} if part else SCHEMA
    Draft202012Validator(schema).validate(answer)


def post(address: str, endpoint: str, *files: Path, **values: object) -> httpx.Response:
    """Files and values -> the answer to one plain POST."""
    parts = [("file", (file.name, file.read_bytes())) for file in files]
    return httpx.post(f"{address}{endpoint}", params=values, files=parts, timeout=60)
