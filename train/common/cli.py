"""A stage's command line: settings in, one sentence out when something goes wrong."""

import sys
from collections.abc import Callable
from typing import Any

from face_gender.runtime.files import FULL
from face_gender.runtime.home import cannot_keep
from face_gender.runtime.terminal import as_command
from face_gender.settings import PhotoSettings, from_environment

from .errors import StageError
from .flags import parse
from .quiet import quiet_libraries

GO_ON = "Start the same command again to go on; what was finished is kept."
DISK_FULL = "The disk is full: free some space and start the same command again to go on."


def run_stage(
    stage: Callable[..., None], *kinds: type[Any], arguments: list[str] | None = None
) -> None:
    """Command line -> settings -> the stage's work; errors and Ctrl-C end in one sentence."""
    try:
        with as_command(GO_ON):
            quiet_libraries()
            if unkept := cannot_keep():
                print(unkept, file=sys.stderr)
            asked = parse(*kinds, arguments=arguments)
            check_limits()
            stage(*asked)
    except StageError as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.exit(DISK_FULL)


def check_limits() -> None:
    """Raises StageError if the environment's limits for photos make no sense."""
    try:
        from_environment(PhotoSettings)
    except ValueError as error:
        raise StageError(str(error)) from error
