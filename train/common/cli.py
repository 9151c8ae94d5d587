"""What stages share: one sentence for what a person can mend, a check of the disk, work in all cores."""

import sys
from collections.abc import Callable
from typing import Any

from face_gender.runtime.files import FULL
from face_gender.runtime.home import cannot_keep
from face_gender.runtime.terminal import as_command

from .errors import StageError
from .flags import parse

GO_ON = "Start the same command again to go on; what was finished is kept."


def run_stage(
    stage: Callable[..., None], *kinds: type[Any], arguments: list[str] | None = None
) -> None:
    """Command line -> settings -> the stage's work; an error or Ctrl-C ends it with one sentence."""
    try:
        with as_command(GO_ON):
            if unkept := cannot_keep():
                print(unkept, file=sys.stderr)
            stage(*parse(*kinds, arguments=arguments))
    except StageError as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.exit(
            "The disk is full: free some space and start the stage again, it goes on where it stopped."
        )
