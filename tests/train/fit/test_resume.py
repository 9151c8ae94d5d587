"""resume: which checkpoints count, which settings may change, and a full disk."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from train.common.errors import StageError
from train.fit.checkpoints import MARK, hold_settings, last_checkpoint
from train.fit.resume import watch_disk
from train.settings import FitSettings, with_values

TINY = with_values(FitSettings(), patch_size=12, hidden_size=32, layers=2, heads=2, mlp_size=64)


def test_half_a_checkpoint_is_none(tmp_path):
    assert last_checkpoint(tmp_path / "none") is None
    for step, complete in ((4, True), (12, True), (16, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if complete:
            (folder / MARK).write_text("{}")
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-12"
    assert not (tmp_path / "checkpoint-16").exists()


@pytest.mark.parametrize(
    ("epoch", "waited", "asked", "said"),
    [
        (4.0, 0, {"epochs": 8.0}, ""),
        (3.0, 2, {"patience": 3}, ""),
        (3.0, 2, {"epochs": 8.0, "patience": 0}, ""),
        (3.0, 0, {"epochs": 8.0}, "only a finished run goes on for more epochs"),
        (3.0, 2, {"epochs": 8.0}, "2 epochs without better accuracy: raise --patience as well"),
        (4.0, 0, {"patience": 3}, "patience 2 \\(now 3\\)"),
        (4.0, 0, {"epochs": 8.0, "ema": 0.5}, "ema 0.999 \\(now 0.5\\)"),
        (4.0, 0, {"epochs": 2.0}, "epochs 4.0 \\(now 2.0\\)"),
    ],
)
def test_a_run_goes_on_if_it_is_finished_and_asked_for_more(tmp_path, epoch, waited, asked, said):
    held, last = with_values(TINY, epochs=4.0, patience=2), tmp_path / "checkpoint-9"
    hold_settings(tmp_path, {}, held)
    last.mkdir()
    (last / "trainer_state.json").write_text(json.dumps({"epoch": epoch}))
    (last / MARK).write_text(json.dumps({"waited": waited}))
    with pytest.raises(StageError, match=said) if said else nullcontext():
        hold_settings(tmp_path, {}, with_values(held, **asked))


def test_a_run_of_before_is_read_by_the_new_names(tmp_path):
    (tmp_path / "settings.json").write_text('{"faces": 10, "looks": 2, "epochs": 12.0}')
    hold_settings(tmp_path, {"faces": 10}, with_values(TINY, views=2))
    (tmp_path / "settings.json").write_text('{"faces": 10, "looks": 2, "epochs": 12.0}')
    with pytest.raises(StageError, match="views 2 \\(now 1\\)"):
        hold_settings(tmp_path, {"faces": 10}, TINY)


def test_other_errors_are_not_blamed_on_the_disk(tmp_path):
    with pytest.raises(RuntimeError, match="shape"), watch_disk(tmp_path):
        raise RuntimeError("a wrong shape")


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="no file system here that is always full")
def test_a_full_disk_is_told_as_one():
    with pytest.raises(OSError, match="full"), watch_disk(Path("/sys")):
        raise RuntimeError("unexpected pos 58816 vs 58704")
