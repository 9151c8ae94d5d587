"""The endpoints as tools, called by a real MCP client."""

import asyncio
import json
from base64 import b64encode
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from face_gender.ui import strings
from tests.support.answers import assert_valid
from tests.support.clips import write_clip

pytestmark = pytest.mark.slow


TOOLS = pytest.mark.skipif(find_spec("mcp") is None, reason="tools need `pip install gradio[mcp]`")


@pytest.fixture(scope="module")
def clip(astronaut, tmp_path_factory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", [astronaut] * 4, rate=4)


@TOOLS
def test_every_tool_takes_what_its_schema_asks_for(served, reader, astronaut_file, clip):
    """By upload, by its address, as a data: address and in base64; every answer is JSON."""
    content = astronaut_file.read_bytes()
    base64 = b64encode(content).decode()
    (uploaded,) = httpx.post(f"{served}gradio_api/upload", files={"files": content}).json()
    ways = [uploaded, f"{served}gradio_api/file={uploaded}", f"data:image/jpeg;base64,{base64}"]
    ways.append(base64)
    clip = clip.read_bytes()
    calls = [("predict", {"photo": photo}) for photo in ways]
    calls += [
        ("predict", {"photo": base64, "threshold": 1, "format": "csv"}),
        ("predict_batch", {"photos": ways, "threshold": 0.9}),
        ("explain", {"photo": base64, "face": 1}),
        ("predict_video", {"video": b64encode(clip).decode(), "end": 1}),
        ("predict", {"photo": "x.jpg"}),
        ("predict", {"photo": "https://example.com/x.jpg"}),
    ]
    tools, answers = asyncio.run(call_tools(served, calls))
    assert list(tools) == ["predict", "predict_batch", "explain", "predict_video"]
    for tool in tools.values():
        assert "perceived gender" in tool.description
        Draft202012Validator.check_schema(tool.inputSchema)
        assert "$ref" not in json.dumps(tool.inputSchema)
    assert [answer.isError for answer in answers] == [False] * 8 + [True] * 2
    said = [answer.content[0].text for answer in answers]
    face = reader.read(astronaut_file).to_dict()["faces"][0]
    assert [json.loads(text)["faces"] for text in said[:4]] == [[face]] * 4
    assert ",uncertain," in said[4]
    many, explained, film = map(json.loads, said[5:8])
    assert [entry["faces"][0]["scores"] for entry in many] == [face["scores"]] * 4
    assert {entry["threshold"] for entry in many} == {0.9}
    assert_valid(explained, "explanation")
    assert film["summary"]["seconds"] <= 1
    assert "x.jpg is only a name" in said[8]
    assert said[9] == strings.SEND_THE_FILE


async def call_tools(address: str, calls: list[tuple[str, dict]]) -> tuple[dict, list]:
    """Calls by a tool's name and arguments -> the tools by name, and the answers."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async with (
        streamable_http_client(f"{address}gradio_api/mcp/") as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        tools = (await session.list_tools()).tools
        named = {tool.name.removeprefix("face_gender_"): tool for tool in tools}
        answers = [await session.call_tool(named[name].name, asked) for name, asked in calls]
        return named, answers
