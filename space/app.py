"""What Hugging Face runs: `python app.py` serves the page."""

from face_gender.reader import open_reader
from face_gender.ui import launch_ui

if __name__ == "__main__":
    launch_ui(open_reader())
