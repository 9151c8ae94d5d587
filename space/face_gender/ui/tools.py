"""Endpoints -> tools for assistants over MCP, where its package is installed."""

import json
from importlib.util import find_spec
from typing import Any

import gradio.mcp
from gradio.mcp import GradioMCPServer

FILE = {"type": "string"}


class Tools(GradioMCPServer):
    """Gradio's tools, with a schema that can be kept and answers in JSON.

    Gradio asks for addresses, which are not fetched here, refers to definitions that it left out,
    and answers as Python would print it.
    """

    def get_input_schema(
        self, tool_name: str, parameters: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], list[list[str | int]]]:
        """A tool -> the JSON schema of its arguments, and where in it files are named."""
        schema, places = super().get_input_schema(tool_name, parameters)
        kinds = schema["properties"]
        for name in {str(place[0]) for place in places}:
            many = kinds[name].get("type") == "array"
            told = {"description": kinds[name].get("description", "")}
            kinds[name] = {**({"type": "array", "items": FILE} if many else FILE), **told}
        return schema, places

    def convert_strings_to_filedata(self, value: Any, filedata_positions: Any) -> Any:
        """Arguments -> the same: the endpoints read base64 and paths themselves."""
        return value

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        """An endpoint's answers -> JSON; a table stays as it is."""
        said = (
            each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in data
        )
        return [self.types.TextContent(type="text", text=text) for text in said]


def offer_tools() -> bool:
    """Have Gradio serve tools as above -> whether it can: `pip install gradio[mcp]`."""
    gradio.mcp.GradioMCPServer = Tools  # type: ignore[misc]
    return find_spec("mcp") is not None
