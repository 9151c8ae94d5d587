"""How to call the Space, in three languages: shown on the About tab, each run by a test."""

PYTHON = """\
import httpx
from gradio_client import Client, handle_file

# Certificates are read once; left to itself, the client reads them anew three times a call.
client = Client("SPACE", ssl_verify=httpx.create_ssl_context())
result = client.predict(handle_file("photo.jpg"), api_name="/predict")
for face in result["faces"]:
    print(face["label"], face["scores"], face["box"])
"""
CURL = """\
file=$(curl -s -F files=@photo.jpg SPACE/gradio_api/upload | tr -d '[]"')
data='{"data": [{"path": "'$file'", "meta": {"_type": "gradio.FileData"}}]}'
json='Content-Type: application/json'
event=$(curl -s SPACE/gradio_api/call/predict -H "$json" -d "$data" | cut -d'"' -f4)
curl -sN SPACE/gradio_api/call/predict/$event
"""
JAVASCRIPT = """\
import { readFile } from "node:fs/promises";

const api = "SPACE/gradio_api";
const form = new FormData();
form.append("files", new Blob([await readFile("photo.jpg")]), "photo.jpg");
const [path] = await (await fetch(`${api}/upload`, { method: "POST", body: form })).json();
const body = JSON.stringify({ data: [{ path, meta: { _type: "gradio.FileData" } }] });
const headers = { "Content-Type": "application/json" };
const post = { method: "POST", headers, body };
const { event_id } = await (await fetch(`${api}/call/predict`, post)).json();
const answer = await (await fetch(`${api}/call/predict/${event_id}`)).text();
const { faces } = JSON.parse(answer.split("data: ")[1])[0];
for (const { label, scores, box } of faces) console.log(label, scores, box);
"""
