"""What the app holds in memory: a process of its own that answers a real client."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tests.conftest import ROOT, serve

PHOTOS = 50
LIMIT_MB = 400
# Blocks too small to be mapped alone, held down by a last one: glibc keeps them when freed.
FREED = """
import time
from face_gender.runtime.malloc import give_back_memory
from tests.space.ui.test_memory import resident_mb
give_back_memory()
blocks = [bytearray(100_000) for _ in range(3000)]
last, full = bytearray(1000), resident_mb("self")
del blocks
end = time.monotonic() + 60
while resident_mb("self") > full - 200 and time.monotonic() < end:
    time.sleep(0.1)
print(resident_mb("self") < full - 200, "THP_enabled:\\t0" in open("/proc/self/status").read())
"""

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def resident_mb(pid: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000


@LINUX
def test_what_was_freed_goes_back_and_is_not_filled_up():
    done = subprocess.run(
        [sys.executable, "-c", FREED], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "True True\n", done.stderr


@pytest.mark.slow
@LINUX
def test_after_fifty_photos_of_many_sizes(tmp_path):
    face = Image.open(ROOT / "space" / "examples" / "astronaut.jpg")
    start = ["sh", "-c", f"echo $$ > {tmp_path}/pid; exec {sys.executable} app.py"]
    with serve(start, ROOT) as address:
        client = Client(address, verbose=False, ssl_verify=False)
        for number in range(PHOTOS):
            path = tmp_path / f"{number}.jpg"
            side = 400 + 37 * number
            face.resize((side, side)).save(path)
            assert client.predict(handle_file(path), api_name="/predict")["faces"]
        pid, end = (tmp_path / "pid").read_text().strip(), time.monotonic() + 30
        while (
            resident_mb(pid) >= LIMIT_MB and time.monotonic() < end
        ):  # given back within seconds, not at once
            time.sleep(0.5)
        assert resident_mb(pid) < LIMIT_MB
