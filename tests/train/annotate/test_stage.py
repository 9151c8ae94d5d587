"""Labelling: answers on disk, agreement, and the page in a real browser."""

import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas
import pytest
from PIL import Image

from tests.conftest import ROOT
from train.annotate.answers import (
    SKIPPED,
    Answers,
    agreed,
    disagreements,
    kappas,
    read_answers,
)
from train.annotate.stage import check_settings, open_answers, read_pictures, write_labelled
from train.common.errors import StageError
from train.data.sources import load_data
from train.settings import AnnotateSettings, DataSettings, RunSettings

A, B, C = "a.jpg", "b.jpg", "c, with comma.jpg"


def test_answers_are_on_disk_after_each_and_in_order(tmp_path):
    path = tmp_path / "ann.csv"
    answers = Answers(path, [A, B, C])
    assert (answers.open_ones(), answers.progress()) == ([A, B, C], (0, 3))
    answers.undo()
    assert read_answers(path) == {}
    for picture, label in ((A, "Female"), (B, SKIPPED), (C, "Male")):
        assert answers.open_ones()[0] == picture
        answers.give(picture, label)
        assert read_answers(path)[picture] == label
    assert (answers.open_ones(), answers.progress()) == ([], (3, 3))
    answers.give(A, "Male")
    assert read_answers(path)[A] == "Female"
    again = Answers(path, [A, B, C])
    again.undo()
    again.undo()
    assert (again.open_ones(), again.progress()) == ([B, C], (1, 3))


def test_a_picture_without_a_face_is_passed_over(tmp_path):
    answers = Answers(tmp_path / "ann.csv", [A, B])
    answers.pass_over(A)
    assert (answers.open_ones(), answers.progress()) == ([B], (0, 1))
    answers.undo()
    assert answers.open_ones() == [B]


@pytest.mark.parametrize(
    ("answers", "labels"),
    [
        ({}, {}),
        ({"ann": {A: "F", B: SKIPPED}}, {A: "F"}),
        ({"ann": {A: "F", B: "F"}, "bob": {A: "F", B: "M"}}, {A: "F"}),
        ({"ann": {A: "F", B: SKIPPED}, "bob": {B: "M"}}, {A: "F", B: "M"}),
    ],
)
def test_agreed(answers, labels):
    assert agreed(answers) == labels


@pytest.mark.parametrize(
    ("settled", "labels"),
    [({}, {B: "M"}), ({A: "M"}, {A: "M", B: "M"}), ({A: SKIPPED, B: "F"}, {B: "M"})],
)
def test_what_annotators_disagree_on_is_shown_and_settled(settled, labels):
    answers = {"ann": {A: "F", B: "M", C: SKIPPED}, "bob": {A: "M", B: "M", C: "F"}}
    answers["cy"] = {A: "F"}
    assert disagreements(answers) == {A: "ann: F, bob: M, cy: F"}
    assert agreed(answers, settled) == labels | {C: "F"}


def test_each_annotator_has_an_order_of_their_own(tmp_path):
    pictures = [f"{number}.jpg" for number in range(50)]
    orders = [
        open_answers(AnnotateSettings(annotator=name), tmp_path, pictures)[0].open_ones()
        for name in ("ann", "ann", "bob")
    ]
    assert orders[0] == orders[1] != orders[2] != pictures
    assert sorted(orders[2]) == sorted(pictures)
    with pytest.raises(StageError, match="nothing to settle"):
        open_answers(AnnotateSettings(annotator="ann", settle=True), tmp_path, pictures)


@pytest.mark.parametrize(
    ("one", "other", "kappa"),
    [
        ("", "", None),
        ("FF", "FF", None),
        ("FM", "FM", 1.0),
        ("FM", "MF", -1.0),
        ("FFMM", "FMFM", 0.0),
        ("FFM", "FF ", None),
    ],
)
def test_kappas(one, other, kappa):
    answers = {
        name: {str(row): label.strip() for row, label in enumerate(given)}
        for name, given in (("a", one), ("b", other))
    }
    assert kappas(answers) == ({} if kappa is None else {("a", "b"): (kappa, len(one))})


def test_kappa_of_the_textbook():
    """Cohen's kappa of 20 both yes, 15 both no, 5 and 10 apart, is 0.4."""
    pairs = ["yy"] * 20 + ["yn"] * 5 + ["ny"] * 10 + ["nn"] * 15
    answers = {
        name: {str(row): pair[at] for row, pair in enumerate(pairs)} for at, name in enumerate("ab")
    }
    assert kappas(answers)["a", "b"] == (pytest.approx(0.4), 50)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"annotator": ""}, "should be a name of letters"),
        ({"annotator": "../x"}, "should be a name of letters"),
        ({"answers": "Man"}, "two classes"),
        ({"answers": "A,Ab"}, "two classes"),
        ({"answers": "Some,Other"}, "not S or U"),
    ],
)
def test_wrong_settings(settings, said):
    with pytest.raises(StageError, match=said):
        check_settings(AnnotateSettings(**({"annotator": "ann"} | settings)))


def test_no_pictures(tmp_path):
    with pytest.raises(StageError, match="There are no pictures"):
        read_pictures(AnnotateSettings(), RunSettings(str(tmp_path)))
    with pytest.raises(StageError, match="should hold pictures"):
        read_pictures(AnnotateSettings(str(tmp_path)), RunSettings(str(tmp_path)))


def test_the_outcome_is_a_source_with_what_was_known(tmp_path):
    run = RunSettings(str(tmp_path))
    collected = run.folder("collected") / "photos.csv"
    collected.parent.mkdir()
    collected.write_text(
        "image,licence\n" + "".join(f"photos/{name}.jpg,CC{name}\n" for name in range(4))
    )
    pictures = read_pictures(AnnotateSettings(), run)
    answers = run.folder("labelled") / "answers"
    answers.mkdir(parents=True)
    given = Answers(answers / "ann.csv", pictures["image"].tolist())
    for label in ("Female", "Male", SKIPPED):
        given.give(given.open_ones()[0], label)
    write_labelled(run.folder("labelled"), pictures)
    part = load_data(DataSettings(data=str(run.folder("labelled") / "labelled.csv")))["train"]
    assert part.features["label"].names == ["Female", "Male"]
    assert part["licence"][:] == ["CC0", "CC1"]
    assert (
        Path(part[0]["photo"]["path"]).resolve() == (tmp_path / "collected/photos/0.jpg").resolve()
    )


@contextmanager
def page_of(folder: Path, annotator: str, *more: str):
    """The stage as a process of its own, and a browser on its page."""
    from playwright.sync_api import sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = [
        "--out",
        str(folder),
        "--pictures",
        str(folder / "raw"),
        "--annotator",
        annotator,
        "--port",
        str(port),
        *more,
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "train.annotate", *flags], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: process.poll() is not None or is_open(port), 120)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.set_default_timeout(60_000)
            page.goto(f"http://127.0.0.1:{port}/")
            yield page
            browser.close()
    finally:
        process.kill()
        process.wait()


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_for(true, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: apt-get install chromium")
def test_the_page_by_click_and_key(tmp_path, astronaut):
    (tmp_path / "raw").mkdir()
    for number in range(4):
        Image.fromarray(np.roll(astronaut, 10 * number, axis=0)).save(
            tmp_path / f"raw/{number}.jpg"
        )
    Image.new("RGB", (64, 64)).save(tmp_path / "raw/0_no_face.jpg")
    (tmp_path / "raw/1_broken.jpg").write_bytes(b"no picture")
    file = tmp_path / "labelled/answers/ann.csv"

    def given() -> list[str]:
        return list(read_answers(file).values())

    with page_of(tmp_path, "ann") as page:
        page.get_by_text("0 of 4").wait_for()
        page.get_by_role("button", name="Female (F)").click()
        page.get_by_text("1 of 4").wait_for()
        page.keyboard.press("m")
        page.get_by_text("2 of 4").wait_for()
        assert given() == ["Female", "Male"]
        page.keyboard.press("u")
        page.get_by_text("1 of 4").wait_for()
        assert given() == ["Female"]
        assert page.locator("img").first.evaluate("image => image.naturalWidth") == 448
        page.wait_for_function("waiting.length === 3")
        page.evaluate(AT_ONCE, ["s", "f", "m", "m"])  # one more than there are faces
        page.get_by_text("All 4 answered").wait_for()
    assert given() == ["Female", SKIPPED, "Female", "Male"]
    first, _, second, third = read_answers(file)
    others = Answers(file.with_name("bob.csv"), [])
    for picture in (first, second, third):
        others.give(picture, "Male")
    with page_of(tmp_path, "cy", "--settle") as page:
        page.get_by_text("ann and bob: kappa 0.00 on 3").wait_for()
        page.get_by_text("ann: Female, bob: Male").wait_for()
        page.keyboard.press("f")
        page.get_by_text("1 of 2").wait_for()
    labelled = pandas.read_csv(tmp_path / "labelled/labelled.csv")
    assert sorted(labelled["gender"]) == ["Female", "Male"]


AT_ONCE = """keys => {
  for (const key of keys) document.dispatchEvent(new KeyboardEvent('keydown', {key}))
}"""
