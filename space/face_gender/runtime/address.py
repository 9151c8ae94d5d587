"""Where a page is served: a port that can be had, and no proxy between it and itself."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

NO_PROXY = ("no_proxy", "NO_PROXY")
PORTS = range(1, 65536)
GRADIO_PORTS = range(7860, 7960)  # which it tries where none is set
LOOPBACK = "127.0.0.1"


def ask_no_proxy() -> None:
    """Bypass proxies for this machine: Gradio asks its own page whether it is up."""
    os.environ.update(dict.fromkeys(NO_PROXY, "*"))


@contextmanager
def without_proxy() -> Iterator[None]:
    """The same for a while: Gradio cannot be imported if its client does not know a proxy."""
    before = {name: os.environ.get(name) for name in NO_PROXY}
    ask_no_proxy()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def check_page_address() -> None:
    """Check Gradio's own variables before it does. Raises ValueError if no page can be served."""
    name, port = (
        os.environ.get("GRADIO_SERVER_NAME") or LOOPBACK,
        os.environ.get("GRADIO_SERVER_PORT"),
    )
    check_name(name)
    if port:
        check_port(port, "GRADIO_SERVER_PORT", " Without it the next free port is used.")
    else:
        check_one_free(GRADIO_PORTS)


def check_port(port: str | int, setting: str, otherwise: str = "") -> None:
    """A port on this machine. Raises ValueError, one sentence, where it cannot be had.

    setting: what a person sets it with; otherwise: what else they may do where it is taken
    """
    if not str(port).isdecimal() or int(port) not in PORTS:
        raise ValueError(f"{setting} should be a number from 1 to {PORTS[-1]}, got {str(port)!r}.")
    try:
        _bind(LOOPBACK, int(port))
    except OSError as error:
        if error.errno == errno.EACCES:
            raise ValueError(
                f"Only an administrator may use port {port}: set {setting} to 1024 or more."
            ) from error
        raise ValueError(
            f"Port {port} is already in use: set {setting} to another one.{otherwise}"
        ) from error


def check_one_free(ports: range) -> None:
    """Ports on this machine. Raises ValueError, one sentence, where all of them are taken."""
    for port in ports:
        try:
            _bind(LOOPBACK, port)
        except OSError:
            continue
        return
    raise ValueError(
        f"The ports {ports[0]} to {ports[-1]} are all in use: set GRADIO_SERVER_PORT to a free one."
    )


def check_name(name: str) -> None:
    """A name or address to serve the page under. Raises ValueError unless it is this machine's."""
    try:
        _bind(name.strip("[]"), 0)
    except OSError as error:
        raise ValueError(
            f"GRADIO_SERVER_NAME should be an address of this machine, got {name!r}."
        ) from error


def _bind(name: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        one.bind(address)
