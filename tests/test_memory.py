"""What the app holds in memory: a process of its own that answers a real client."""

import sys
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from .conftest import ROOT, serve

PHOTOS = 100
LIMIT_MB = 400


def resident_mb(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_after_a_hundred_photos_of_many_sizes(tmp_path):
    face = Image.open(ROOT / "space" / "examples" / "astronaut.jpg")
    start = ["sh", "-c", f"echo $$ > {tmp_path}/pid; exec {sys.executable} app.py"]
    with serve(start, ROOT) as address:
        client = Client(address, verbose=False, ssl_verify=False)
        for number in range(PHOTOS):
            path = tmp_path / f"{number}.jpg"
            side = 400 + 37 * (number % 50)
            face.resize((side, side)).save(path)
            assert client.predict(handle_file(path), api_name="/predict")["faces"]
        assert resident_mb((tmp_path / "pid").read_text().strip()) < LIMIT_MB
