"""The Space on this machine: `make app`, or `python app.py`."""

import sys

from face_gender.reader import open_reader
from face_gender.runtime.address import check_page_address
from face_gender.runtime.terminal import as_command
from face_gender.runtime.uploads import own_folder

if __name__ == "__main__":
    try:
        check_page_address()
        with (
            as_command("Start it again with the same command."),
            own_folder(),
        ):  # before Gradio is imported
            from face_gender.ui import launch_ui

            launch_ui(open_reader())
    except (
        ValueError
    ) as error:  # the model, a setting, the port or the folder for uploads; one sentence
        sys.exit(str(error))
