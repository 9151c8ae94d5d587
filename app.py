"""The Space on this machine: `make app`, or `python app.py`."""

from face_gender.reader import open_reader
from face_gender.runtime.terminal import as_command
from face_gender.runtime.uploads import own_folder

if __name__ == "__main__":
    with as_command("Start it again with the same command."), own_folder():  # before Gradio is imported, which then keeps to it
        from face_gender.ui import launch_ui

        launch_ui(open_reader())
