"""How to call the Space, in three languages: shown on the About tab, each run by a test."""

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
api=SPACE/gradio_api
file=$(curl -s -F files=@photo.jpg $api/upload | tr -d '[]"')
data='{"data": [{"path": "'$file'", "meta": {"_type": "gradio.FileData"}}]}'
json='Content-Type: application/json'
event=$(curl -s $api/call/predict -H "$json" -d "$data" | cut -d'"' -f4)
curl -sN $api/call/predict/$event
"""
JAVASCRIPT = """\
import { readFile } from "node:fs/promises";

const api = "SPACE/gradio_api";
const form = new FormData();
form.append("files", new Blob([await readFile("photo.jpg")]), "photo.jpg");
const [path] = await (await fetch(`${api}/upload`, { method: "POST", body: form })).json();

const body = JSON.stringify({ data: [{ path, meta: { _type: "gradio.FileData" } }] });
const headers = { "Content-Type": "application/json" };
const asked = await fetch(`${api}/call/predict`, { method: "POST", headers, body });
const { event_id } = await asked.json();
const answer = await (await fetch(`${api}/call/predict/${event_id}`)).text();

const [result] = JSON.parse(answer.split("data: ")[1]);
for (const { label, scores, box } of result.faces) console.log(label, scores, box);
"""
