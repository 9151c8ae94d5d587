"""A page that keeps files for one second does three seconds of work; test_limits.py runs it."""

import time
from importlib.util import find_spec
from tempfile import NamedTemporaryFile

import gradio as gr
from gradio_client import Client

from face_gender.ui.server import forgetting

with gr.Blocks(analytics_enabled=False) as page:
    last = gr.State("")
    go, shown = gr.Button(), gr.HTML()
held: list[set[str]] = []  # sessions, while one is worked for


def work(last: str) -> tuple[str, str]:
    for _ in range(30):
        time.sleep(0.1)
        held.append(set(page.state_holder.session_data))
    return last + "x", last + "x"


def main() -> None:
    with page:
        go.click(work, last, [last, shown])
    kwargs, tools = {"lifespan": forgetting(page, 1)}, find_spec("mcp") is not None
    _, address, _ = page.launch(
        prevent_thread_lock=True, app_kwargs=kwargs, mcp_server=tools, state_session_capacity=1
    )
    kept = NamedTemporaryFile()  # noqa: SIM115
    page.upload_file_set.update({kept.name, "gone.jpg"})
    client = Client(address, verbose=False, ssl_verify=False)
    assert client.predict(api_name="/work") == "x"
    assert held == [{client.session_hash}] * 30, held
    other = Client(address, verbose=False, ssl_verify=False)
    assert other.predict(api_name="/work") == "x"
    assert set(page.state_holder.session_data) == {other.session_hash}, (
        "the first one's place is taken"
    )
    end = time.monotonic() + 20
    holder, queue = page.state_holder, page._queue
    kinds = (
        holder.session_data,
        holder.time_last_used,
        queue.pending_messages_per_session,
        queue.pending_event_ids_session,
    )
    while time.monotonic() < end and any(kinds):
        time.sleep(0.1)
    assert not any(kinds), kinds
    assert page.upload_file_set == {kept.name}
    assert client.predict(api_name="/work") == "x", (
        "this went on with a session that should be gone"
    )
    page.close(verbose=False)


if __name__ == "__main__":
    main()
