"""train.score: any data set -> the command line's rows, each once, whatever dies meanwhile."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pandas
import pytest
from PIL import Image

from face_gender.__main__ import main as command_line
from face_gender.report.tables import COLUMNS
from tests.conftest import LABELS, ROOT
from tests.hub import Repo
from tests.support.greys import grey, write_parquet
from train.common.errors import StageError
from train.score.sources import plan_pieces
from train.score.stage import hold_plan, score_data
from train.score.worker import PieceScorer, Tally, path_of, read_ahead, read_tally
from train.settings.score import ScoreSettings

needs_ray = pytest.mark.skipif(
    not find_spec("ray"), reason="requirements-scale.txt is not installed"
)
BAD = b"no picture"


@pytest.fixture
def photos(tmp_path, astronaut_file) -> Path:
    """A face, six walls in two folders, a broken file and one that is no photo."""
    folder = tmp_path / "photos"
    for number in range(6):
        path = folder / f"room-{number % 2}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(grey(number))
    (folder / "astronaut.jpg").write_bytes(astronaut_file.read_bytes())
    (folder / "bad.jpg").write_bytes(BAD)
    (folder / "notes.txt").write_text("no photo")
    return folder


def rows_of(out: Path) -> pandas.DataFrame:
    return pandas.read_parquet(out / "rows")


def test_nothing_to_score(tmp_path):
    for data, said in (
        (tmp_path, "no parquet files, tars, pictures or videos"),
        ("", "--data should be"),
        ("nothing here", "got"),
        ("no-such-scheme://faces", "cannot be read: Protocol not known"),
    ):
        with pytest.raises(StageError, match=said):
            plan_pieces(ScoreSettings(data=str(data)))


@pytest.mark.parametrize("ready", [False, True])
def test_a_picture_that_is_gone_has_its_row(photos, tmp_path, small_model, ready):
    for name in ("gone.jpg", "loop.jpg"):
        shutil.copy(photos / "astronaut.jpg", photos / name)
    settings = ScoreSettings(
        data=str(photos), out=str(tmp_path / "out"), model=str(small_model), ready=ready
    )
    path_of(0, settings).parent.mkdir(parents=True)
    (piece,) = plan_pieces(settings)
    (photos / "gone.jpg").unlink()
    (photos / "loop.jpg").unlink()
    (photos / "loop.jpg").symlink_to(photos / "loop.jpg")
    PieceScorer(settings).score(piece)
    told = rows_of(Path(settings.out)).set_index("photo")["status"]
    assert told["gone.jpg"] == "error: The file cannot be read: No such file or directory."
    assert told["loop.jpg"].startswith("error: The file cannot be read")


def test_a_piece_is_what_the_command_line_gives(photos, small_model, tmp_path, capsys):
    settings = ScoreSettings(
        data=str(photos), out=str(tmp_path / "out"), model=str(small_model), keep="folder"
    )
    path_of(0, settings).parent.mkdir(parents=True)
    (piece,) = plan_pieces(settings)
    tally = PieceScorer(settings).score(piece)
    assert (tally.photos, tally.faces, tally.no_face, tally.failed) == (8, 1, 6, 1)
    assert read_tally(path_of(0, settings)) == tally == PieceScorer(settings).score(piece)
    found = rows_of(tmp_path / "out").fillna({"label": ""})
    assert list(found) == [*COLUMNS, *LABELS, "folder"]
    command_line([str(photos), "--model", str(small_model), "--csv", str(tmp_path / "t.csv")])
    with (tmp_path / "t.csv").open(newline="") as file:
        theirs = {Path(row["photo"]).name: row for row in csv.DictReader(file)}
    assert len(theirs) == len(found)
    for row in found.to_dict("records"):
        other = theirs[Path(row["photo"]).name]
        assert row["status"] == other["status"]
        assert row["label"] == other["label"]
        for name in ("face", "left", "bottom", "confidence", *LABELS):
            assert row[name] == pytest.approx(float(other[name] or "nan"), abs=1e-4, nan_ok=True)


def test_ready_crops_are_scored_as_they_are(tmp_path, small_model, reader, astronaut):
    for number in range(3):
        Image.fromarray(astronaut[60:200, 160:300]).resize((32, 32)).save(
            tmp_path / f"{number}.png"
        )
    (tmp_path / "bad.png").write_bytes(BAD)
    settings = ScoreSettings(
        data=str(tmp_path), out=str(tmp_path / "out"), model=str(small_model), ready=True
    )
    path_of(0, settings).parent.mkdir(parents=True)
    PieceScorer(settings).score(plan_pieces(settings)[0])
    found = rows_of(tmp_path / "out")
    assert found["status"].str[:5].tolist() == ["ok", "ok", "ok", "error"]
    assert found["right"].tolist()[:3] == [32] * 3
    assert found["confidence"].isna().all()
    assert found[list(LABELS)].sum(axis=1)[:3].tolist() == pytest.approx([1] * 3, abs=1e-3)


def test_reading_ahead_keeps_order_and_errors():
    assert list(read_ahead(iter(()), 4)) == []
    assert list(read_ahead(iter(range(9)), 4)) == list(range(9))

    def broken():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(read_ahead(broken(), 4))


def test_other_data_or_model_may_not_go_on(photos, small_model, tmp_path, reader, monkeypatch):
    settings = ScoreSettings(data=str(photos), out=str(tmp_path / "out"))
    pieces, model = plan_pieces(settings), reader.scorer.model
    hold_plan(pieces, settings, model)
    monkeypatch.setenv("THREADS", "3")  # as on a machine of other cores
    hold_plan(pieces, ScoreSettings(**{**vars(settings), "workers": 7}), model)
    with pytest.raises(StageError, match="digest"):
        hold_plan(pieces[:0], settings, model)
    with pytest.raises(StageError, match="ready False \\(now True\\)"):
        hold_plan(pieces, ScoreSettings(**{**vars(settings), "ready": True}), model)


@needs_ray
def test_wrong_starts_are_one_sentence(tmp_path):
    with pytest.raises(StageError, match="There is no model in"):
        score_data(
            ScoreSettings(data=str(tmp_path), out=str(tmp_path / "out"), model="no/such/model")
        )
    for keep, said in (("age,label", "names label,"), ("status, Female", "names Female, status,")):
        with pytest.raises(StageError, match=said):
            score_data(
                ScoreSettings(data=str(tmp_path / "nothing"), out=str(tmp_path / "out"), keep=keep)
            )
    assert not (tmp_path / "out").exists()


def start(*words: object, module: str = "train.score") -> subprocess.Popen:
    command = [sys.executable, "-W", "ignore", "-m", module, *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(job: subprocess.Popen) -> str:
    said, _ = job.communicate(timeout=300)
    if job.returncode and "timed out during startup" in said:
        pytest.skip("this machine is so busy that Ray, which waits 30 s, does not start")
    assert job.returncode == 0, said
    return said


def wait_for_pieces(out: Path, count: int, job: subprocess.Popen) -> None:
    while len(list(out.glob("rows/*.parquet"))) < count:
        assert job.poll() is None, finish(job)
        time.sleep(0.01)


def check_every_row_once(out: Path, photos: int) -> None:
    found = rows_of(out)
    assert sorted(found["photo"]) == [
        f"a.parquet#{number}" for number in sorted(range(photos), key=str)
    ]
    assert not list(out.rglob("*.part"))


@needs_ray
@pytest.mark.slow
def test_killed_and_gone_on_loses_and_doubles_no_row(tmp_path, small_model):
    write_parquet(tmp_path / "data" / "a.parquet", range(200))
    out = tmp_path / "out"
    words = (
        "--data",
        tmp_path / "data",
        "--out",
        out,
        "--model",
        small_model,
        "--piece",
        4,
        "--workers",
        2,
        "--keep",
        "age",
    )
    job = start(*words)
    wait_for_pieces(out, 5, job)
    os.killpg(job.pid, signal.SIGKILL)
    job.communicate()
    (out / "rows" / ".00000049-0123.part").write_bytes(b"half")
    held = {path: path.stat().st_mtime_ns for path in out.glob("rows/*.parquet")}
    said = finish(start(*words))
    assert "200 photos, no face, 0 that could not be read" in said
    check_every_row_once(out, 200)
    assert 5 <= len(held) < 50
    assert all(path.stat().st_mtime_ns == when for path, when in held.items())
    assert "No face was found" in (out / "report.html").read_text()


@needs_ray
@pytest.mark.slow
def test_a_machine_that_dies_in_mid_job(tmp_path, small_model):
    """Two raylets, one of them killed."""
    write_parquet(tmp_path / "data" / "a.parquet", range(240))
    out = tmp_path / "out"
    words = ("--data", tmp_path / "data", "--out", out, "--model", small_model, "--piece", 4)
    said = finish(start(*words, module="tests.support.two_nodes"))
    assert "killed one of 2 machines" in said
    check_every_row_once(out, 240)
    workers = {Tally(**vars(read_tally(path))).worker for path in out.glob("rows/*.parquet")}
    assert len(workers) >= 2


@pytest.mark.slow
def test_a_data_set_of_the_hub_is_read_where_it_is(hub, tmp_path):
    write_parquet(tmp_path / "data" / "train-00000-of-00001.parquet", range(5))
    files = {f"data/{path.name}": path.read_bytes() for path in (tmp_path / "data").iterdir()}
    hub.repos["datasets/user/faces"] = Repo()
    hub.repos["datasets/user/faces"].commit(files)
    code = (
        "from train.score.pieces import read_piece\n"
        "from train.score.sources import plan_pieces\n"
        "from train.settings.score import ScoreSettings\n"
        "for piece in plan_pieces(ScoreSettings(data='user/faces', piece=3)):\n"
        "    print([(name, len(content)) for name, content, _ in read_piece(piece, 'image')])\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=hub.environ(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    first = f"('data/train-00000-of-00001.parquet#0', {len(grey(0))})"
    assert done.stdout.startswith(f"[{first}")
    assert done.stdout.count("#") == 5
    assert not list((tmp_path / "hf").rglob("*.parquet"))


@needs_ray
def test_settings_of_the_environment_go_to_the_cluster(small_model, monkeypatch):
    from train.score.ray_cluster import variables_set

    monkeypatch.chdir(small_model.parent)
    given = {
        "SMALLEST_FACE": "40",
        "MAX_PIXELS": "9",
        "MODEL_ID": small_model.name,
        "HOME": "/root",
        "SMALLEST": "1",
    }
    assert variables_set(given) == {
        "SMALLEST_FACE": "40",
        "MAX_PIXELS": "9",
        "MODEL_ID": str(small_model),
    }
    assert variables_set({"MODEL_ID": "user/name"}) == {"MODEL_ID": "user/name"}


@needs_ray
@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (
            "Traceback:\n  x\ntrain.stages.StageError: No columns.\n\n"
            "ray.UserCodeError: UDF failed",
            "A worker failed: No columns.",
        ),
        (
            "OSError: disk full\nThe above exception\nray.exceptions.UserCodeError: x",
            "A worker failed with OSError: disk full.",
        ),
        (
            "pyarrow.lib.ArrowInvalid: a torn page",
            "A worker failed with ArrowInvalid: a torn page.",
        ),
        ("", "A worker failed with Error: see above."),
    ],
)
def test_a_worker_fails_in_its_own_words(raised, said):
    from train.score.ray_cluster import reason_of

    assert reason_of(RuntimeError(raised)) == said
