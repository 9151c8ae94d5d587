"""One browser for all of these tests, a page for each, and a zip that each tab can read."""

import zipfile

import pytest
from PIL import Image

from tests.support.browser import EXAMPLES, open_browser, open_page, write_camera

HOSTILE = (
    "{{value}} ${1} <b>&`.jpg"  # a name that HTML or the page's templates might read as their own
)


@pytest.fixture(scope="package")  # not longer: it has an event loop run, as others want to
def browser(astronaut, tmp_path_factory):
    with open_browser(
        write_camera(Image.fromarray(astronaut), tmp_path_factory.mktemp("camera") / "face.mjpeg")
    ) as browser:
        yield browser


@pytest.fixture
def page(browser, served, size, scheme):
    with open_page(browser, served, size, scheme) as page:
        yield page


@pytest.fixture(scope="package")
def packed(tmp_path_factory):
    """A zip with class folders: two photos of one face, one of none, one broken."""
    path = tmp_path_factory.mktemp("zip") / "faces.zip"
    with zipfile.ZipFile(path, "w") as out:
        out.write(EXAMPLES / "astronaut.jpg", "Female/astronaut.jpg")
        out.write(EXAMPLES / "astronaut.jpg", "Male/astronaut.jpg")
        out.write(EXAMPLES / "cat.jpg", "Female/cat.jpg")
        out.writestr(f"Male/{HOSTILE}", b"broken")
    return path
