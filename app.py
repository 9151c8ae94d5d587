"""The Space on this machine: `make app`, or `python app.py`."""

import sys

from face_gender.reader import open_reader
from face_gender.runtime.address import check_page_address
from face_gender.runtime.terminal import as_command
from face_gender.runtime.uploads import own_folder

if __name__ == "__main__":
    try:
        check_page_address()
        # Gradio keeps to the folder that it finds when it is imported.
        with as_command("Start it again with the same command."), own_folder():
            from face_gender.ui import launch_ui

            launch_ui(open_reader())
    except ValueError as error:  # one sentence on the model, a setting, the port or the folder
        sys.exit(str(error))
