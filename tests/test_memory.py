"""What serving holds in memory, in a process of its own."""

import subprocess
import sys

import pytest

from .conftest import ROOT

PROGRAM = """
import io, sys
import numpy as np
from PIL import Image
import space.face_gender.ui
from space.face_gender.reader import open_reader

reader = open_reader(sys.argv[1])
face = np.asarray(Image.open("space/examples/astronaut.jpg"))
for number in range(100):
    packed = io.BytesIO()
    side = 400 + 37 * (number % 50)
    Image.fromarray(face).resize((side, side + 11 * (number % 7))).save(packed, "JPEG")
    assert reader.read(packed.getvalue()).faces
print(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_after_a_hundred_photos_at_most_400_mb(small_model):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(small_model)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) / 1000 < 400
