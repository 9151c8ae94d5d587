"""The Space on this machine: `make app`, or `python app.py`."""

from space.face_gender.reader import open_reader
from space.face_gender.ui import launch_ui

if __name__ == "__main__":
    launch_ui(open_reader())
