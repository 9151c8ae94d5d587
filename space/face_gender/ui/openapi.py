"""Endpoints -> OpenAPI, with what they answer as in result.schema.json."""

import inspect
import json
from pathlib import Path
from typing import Any

from gradio.utils import get_function_description

from ..settings import VERSION
from . import strings
from .api import FORMATS

SCHEMA = Path(__file__).parent.parent / "result.schema.json"
BINARY = {"type": "string", "format": "binary"}
KINDS = {float: {"type": "number"}, int: {"type": "integer"}, str: {"type": "string"}}
LIMITS: dict[str, dict[str, Any]] = {
    "threshold": {"minimum": 0, "maximum": 1},
    "face": {"minimum": 1},
    "start": {"minimum": 0},
    "end": {"minimum": 0},
    "format": {"enum": list(FORMATS)},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "predict": {"$ref": "#/components/schemas/result"},
    "predict_batch": {"type": "array", "items": {"$ref": "#/components/schemas/record"}},
    "explain": {"$ref": "#/components/schemas/explanation"},
    "predict_video": {"$ref": "#/components/schemas/video"},
}
REFUSALS = {
    "400": "The request lacks a file, or names a parameter that is not there.",
    "413": "A file, or the whole request, is too large.",
    "422": "The file cannot be read, or a value makes no sense.",
    "503": "Too many requests wait: Retry-After says in how many seconds to try again.",
}


def describe(endpoints: type, names: tuple[str, ...]) -> dict[str, Any]:
    """A class and the names of its methods that are endpoints -> their description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": strings.TITLE, "description": strings.LEAD, "version": VERSION},
        "servers": [{"url": "."}],
        "paths": {
            f"/{name}": {"post": _operation(name, getattr(endpoints, name))} for name in names
        },
        "components": {"schemas": _schemas()},
    }


def _operation(name: str, method: Any) -> dict[str, Any]:
    description, told, _ = get_function_description(method)
    _, file, *rest = inspect.signature(method).parameters.values()
    many = name == "predict_batch"
    sent = {"type": "array", "items": BINARY} if many else BINARY
    form = {"type": "object", "required": ["file"], "properties": {"file": sent}}
    answer: dict[str, Any] = {"application/json": {"schema": ANSWERS[name]}}
    if any(parameter.name == "format" for parameter in rest):
        answer["text/csv"] = {"schema": {"type": "string"}}
    return {
        "operationId": name,
        "summary": description.partition(". ")[0].rstrip(".") + ".",
        "description": description,
        "parameters": [_parameter(parameter, told) for parameter in rest],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}},
        "responses": {"200": {"description": "The answer.", "content": answer}, **_refusals()},
    }


def _parameter(parameter: inspect.Parameter, told: dict[str, str]) -> dict[str, Any]:
    kind = next(kind for name, kind in KINDS.items() if name.__name__ in str(parameter.annotation))
    usual = {} if parameter.default is None else {"default": parameter.default}
    schema = {**kind, **LIMITS[parameter.name], **usual}
    said = {"description": told[parameter.name], "schema": schema}
    return {"name": parameter.name, "in": "query", "required": False, **said}


def _refusals() -> dict[str, Any]:
    schema = {"type": "object", "properties": {"detail": {"type": "string"}}}
    content = {"application/json": {"schema": schema}}
    return {status: {"description": said, "content": content} for status, said in REFUSALS.items()}


def _schemas() -> dict[str, Any]:
    """result.schema.json -> its parts, which refer to each other where OpenAPI keeps them."""
    text = SCHEMA.read_text(encoding="utf-8").replace("#/$defs/", "#/components/schemas/")
    whole = json.loads(text)
    whole.pop("$schema")
    return {**whole.pop("$defs"), "result": whole}
