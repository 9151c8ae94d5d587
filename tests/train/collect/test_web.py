"""web: how long a site asks to wait, and which addresses are private."""

import httpx
import pytest

from train.collect.web import asked_wait, is_private


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        ("soon", 0),
        ("Fri, 20 Nov 2020 10:00:00 GMT", 0),
        ("Fri, 20 Nov 9999 10:00:00 GMT", 2.5e11),
    ],
)
def test_asked_wait(said, seconds):
    response = httpx.Response(429, headers={"Retry-After": said} if said is not None else {})
    assert asked_wait(response) == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1/", True),
        ("http://10.1.2.3/a", True),
        ("http://[::1]/", True),
        ("http://8.8.8.8/", False),
        ("http://none.invalid/", False),
    ],
)
def test_is_private(url, private):
    assert is_private(url) is private
