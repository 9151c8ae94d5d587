"""How to call the Space, in three languages, for the About tab and the API's page."""

from typing import Any

PYTHON = """\
import httpx
from gradio_client import Client, handle_file

# This reads the certificates once. Without it the client reads them three times a call.
client = Client("SPACE", ssl_verify=httpx.create_ssl_context())
result = client.predict(handle_file("photo.jpg"), api_name="/predict")
for face in result["faces"]:
    print(face["label"], face["scores"], face["box"])
"""
CURL = """\
curl -F file=@photo.jpg "SPACE/predict?threshold=0.7"
"""
JAVASCRIPT = """\
import { readFile } from "node:fs/promises";

const form = new FormData();
form.append("file", new Blob([await readFile("photo.jpg")]), "photo.jpg");
const page = "SPACE";
const answer = await fetch(`${page}/predict?threshold=0.7`, { method: "POST", body: form });
const result = await answer.json();
if (!answer.ok) throw new Error(result.detail);
for (const { label, scores, box } of result.faces) console.log(label, scores, box);
"""
ANY_PYTHON = """\
from gradio_client import Client, handle_file

client = Client("SPACE")
result = client.predict({sent}, api_name="{endpoint}")
print(result)
"""
ANY_CURL = """\
curl -F file=@{file} "SPACE{endpoint}"
"""
ANY_JAVASCRIPT = """\
import {{ readFile }} from "node:fs/promises";

const form = new FormData();
form.append("file", new Blob([await readFile("{file}")]), "{file}");
const answer = await fetch("SPACE{endpoint}", {{ method: "POST", body: form }});
console.log(JSON.stringify(await answer.json(), null, 1));
"""


def of_endpoint(
    endpoint: str, info: dict[str, Any], root: str, space_id: str | None = None, *_: Any, **__: Any
) -> dict[str, str]:
    """An endpoint and the page's address -> code that calls it, by language, for the API's page.

    Gradio's own names the address of a PDF, and addresses are not fetched here.
    """
    file = example_of(info["parameters"][0]["parameter_name"])
    sent = f'handle_file("{file}")'
    told = {
        "file": file,
        "endpoint": endpoint,
        "sent": f"[{sent}]" if endpoint == "/predict_batch" else sent,
    }
    places = {"python": space_id or root, "javascript": root, "bash": root}
    codes = {"python": ANY_PYTHON, "javascript": ANY_JAVASCRIPT, "bash": ANY_CURL}
    return {
        language: code.format(**told).replace("SPACE", places[language].rstrip("/"))
        for language, code in codes.items()
    }


def example_of(parameter: str) -> str:
    """A parameter's name -> the name of a file to send for it."""
    return "video.mp4" if parameter == "video" else "photo.jpg"
