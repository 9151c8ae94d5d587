"""The Space on this machine: `make app`, or `python app.py`."""

from space.face_gender.reader import open_reader
from space.face_gender.uploads import own_folder

if __name__ == "__main__":
    with own_folder():  # before Gradio is imported, which then keeps to it
        from space.face_gender.ui import launch_ui

        launch_ui(open_reader())
