"""home and address: machines whose HOME, ports or proxies are not as a developer's."""

import os
import socket
import subprocess
import sys

import pytest

from face_gender.runtime.address import check_name, check_one_free, check_port, without_proxy
from face_gender.runtime.home import can_write
from tests.conftest import ROOT, serve

SAY = "from face_gender.runtime.home import cannot_keep; print(cannot_keep())"


@pytest.mark.parametrize(
    ("home", "said"),
    [
        ("{tmp}", ""),
        (
            "/proc",
            "/proc/.cache cannot be written to, so downloads are kept for this "
            "run only: set HF_HOME to a folder to keep them.",
        ),
    ],
)
def test_what_cannot_be_kept_is_said(home, said, tmp_path):
    asked = {
        name: value
        for name, value in os.environ.items()
        if name not in ("XDG_CACHE_HOME", "HF_HOME")
    }
    asked |= {"HOME": home.format(tmp=tmp_path), "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SAY], cwd=ROOT, env=asked, capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.stderr) == (said, "")
    assert list(tmp_path.iterdir()) == []


def test_can_write_leaves_nothing(tmp_path):
    assert can_write(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    assert not can_write(ROOT / "app.py" / "b")
    assert not can_write(type(ROOT)("/proc/b"))


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ("", "number from 1"),
        ("abc", "number from 1"),
        (0, "number from 1"),
        (70000, "number from 1"),
    ],
)
def test_ports_that_are_none(port, said):
    with pytest.raises(ValueError, match=said):
        check_port(port, "--port")


def test_a_taken_port_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ValueError, match="already in use: set --port to another one"):
            check_port(taken.getsockname()[1], "--port")


def test_a_name_that_is_not_this_machines():
    check_name("0.0.0.0")
    for name in ("no.such.name.invalid", "198.51.100.7"):
        with pytest.raises(ValueError, match=f"address of this machine, got '{name}'"):
            check_name(name)


def test_every_port_taken():
    with socket.socket() as taken, socket.socket() as free:
        for one in (taken, free):
            one.bind(("127.0.0.1", 0))
        taken.listen()
        first, second = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        with pytest.raises(ValueError, match=f"The ports {first} to {first} are all in use"):
            check_one_free(range(first, first + 1))
        check_one_free(range(first, second + 1) if second > first else range(second, first + 1))


@pytest.mark.parametrize(
    ("variables", "said"),
    [({"GRADIO_SERVER_PORT": "abc"}, "GRADIO_SERVER_PORT should be a number from 1"),
     ({"GRADIO_SERVER_NAME": "198.51.100.7"}, "GRADIO_SERVER_NAME should be an address of")],
)  # fmt: skip
def test_a_page_that_cannot_be_served_says_so(variables, said, tmp_path):
    asked = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path), **variables}
    command = [sys.executable, "app.py"]
    done = subprocess.run(command, cwd=ROOT, env=asked, capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert said in done.stderr


def test_proxies_count_again_afterwards(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "mine")
    monkeypatch.delenv("no_proxy", raising=False)
    with without_proxy():
        assert (os.environ["NO_PROXY"], os.environ["no_proxy"]) == ("*", "*")
    assert (os.environ["NO_PROXY"], os.environ.get("no_proxy")) == ("mine", None)


@pytest.mark.slow
@pytest.mark.parametrize(
    "machine",
    [
        {"HTTP_PROXY": "http://127.0.0.1:9", "HOME": "/proc"},
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
    ],
    ids=["proxy, no home", "proxy for all"],
)
def test_the_page_starts(machine, small_model, tmp_path, monkeypatch):
    monkeypatch.setenv(
        "no_proxy", "127.0.0.1"
    )  # of this process, which asks the page whether it is up
    with serve(
        [sys.executable, "-c", UNPROXIED],
        ROOT,
        MODEL_ID=small_model,
        GRADIO_TEMP_DIR=tmp_path,
        **machine,
    ) as address:
        assert address


UNPROXIED = (
    "import os, runpy; os.environ.pop('no_proxy', 0); runpy.run_path('app.py', run_name='__main__')"
)
