"""A command's streams and its end: no encoding, closed stream or Ctrl-C shows a traceback."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

STOPPED = 130  # exit code after Ctrl-C, as shells have it
COMMANDS = ("-m", "app.py", "face-gender")  # argv[0] while a command imports
STREAMS = ("stdout", "stderr")


class _Pipe(io.FileIO):
    """A stream that takes what is written and drops it once nobody reads it, as after `| head`."""

    def write(self, content: Any) -> int:
        try:
            return super().write(content) or 0
        except BrokenPipeError:
            return len(content)


@contextmanager
def as_command(go_on: str | Callable[[], str]) -> Iterator[None]:
    """What runs inside has streams it can write to; Ctrl-C ends it with one line and exit code 130.

    go_on: a sentence on how to go on after that
    """
    ready_streams()
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # once more ends it at once, and quietly
        _say_stopped(go_on if isinstance(go_on, str) else go_on())
        sys.exit(STOPPED)


def ready_streams() -> None:
    """Open closed streams onto nothing, and let those of the process take every character.

    A closed stream's number would go to the next file that is opened, and warnings into that file.
    """
    for name in ("stdin", *STREAMS):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            nothing = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, nothing)
    for name in STREAMS:
        stream = getattr(sys, name)
        if stream is getattr(sys, f"__{name}__"):  # and no test's own
            stream.flush()
            setattr(sys, name, _patient(stream))


def _patient(stream: Any) -> io.TextIOWrapper:
    """A stream -> the same, for every character and any reader."""
    raw = _Pipe(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        raw if stream.write_through else io.BufferedWriter(raw),  # type: ignore[arg-type]
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def stop_quietly_while_importing() -> None:
    """Have Ctrl-C end a command that still imports with one line; no library is touched."""
    if sys.argv and Path(sys.argv[0]).name in COMMANDS:
        sys.excepthook = _on_error


def _on_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _say_stopped("Nothing was begun yet.")
    os._exit(STOPPED)  # what is half imported may not end in order


def _say_stopped(go_on: str) -> None:
    if sys.stderr is None:
        return
    after = "\n" if sys.stderr.isatty() else ""  # ^C stands on the line
    print(f"{after}Stopped. {go_on}", file=sys.stderr, flush=True)


def is_stream(path: Path) -> bool:
    """Whether a path is a terminal, pipe, device or own output: nothing can be renamed to it."""
    try:
        return path.exists() and (not path.is_file() or own_output(path) is not None)
    except OSError:
        return False


def own_output(path: Path) -> int | None:
    """A path such as /dev/stdout -> the number of the open stream that it leads to, 1 or 2."""
    for number in (1, 2):
        try:
            if os.path.samestat(path.stat(), os.fstat(number)):
                return number
        except OSError:
            continue
    return None
