"""train.score.capacity: the simulation against what can be worked out by hand."""

import pytest

from train.score.capacity import CapacitySettings, main, simulate_clusters, stores
from train.score.costs import Load
from train.score.simulation import simulate

LOAD = Load({"decode": 0.004, "find faces": 0.016}, read=100_000, written=40)
FAST = 1e9  # pieces a second: no limit


def test_one_worker_does_the_work_itself():
    assert simulate(1, 1, 10, FAST, FAST).seconds == pytest.approx(10, rel=0.5)
    done = simulate(1, 200, 10, FAST, FAST)
    assert done.seconds == pytest.approx(2000, rel=0.03)
    assert done.workers == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("workers", "engine", "store", "rate", "busiest"),
    [
        (10, FAST, FAST, 1.0, "workers"),  # pieces of 10 s
        (1000, 20, FAST, 20, "engine"),
        (1000, FAST, 30, 30, "store"),
        (100, 9, 40, 9, "engine"),
    ],
)
def test_the_slowest_part_sets_the_pace(workers, engine, store, rate, busiest):
    pieces = 4000
    done = simulate(workers, pieces, 10, engine, store)
    assert pieces / done.seconds == pytest.approx(rate, rel=0.1)
    shares = {"workers": done.workers, "engine": done.engine, "store": done.store}
    assert max(shares, key=shares.__getitem__) == busiest
    assert all(0 <= share <= 1.0001 for share in shares.values())


def test_stores_by_what_limits_them():
    rates = list(stores(2, CapacitySettings(), LOAD).values())
    assert rates == [12_500, 5_500, 31_250]


def test_a_line_for_each_cluster():
    lines = list(simulate_clusters(LOAD, 100, CapacitySettings(job=50_000)))
    assert len(lines) == 2 + 3 * 3 * 2
    assert lines[2].startswith("| 10 | one file server, 10 Gbit/s | 500 |")


def test_the_page_says_what_was_measured(tmp_path, capsys):
    page = tmp_path / "capacity.md"
    sets = ["space/examples", "space/examples/"]
    main(["--data", *sets, "--photos", "1", "--dispatch", "100", "--page", str(page)])
    text = page.read_text()
    assert capsys.readouterr().out == text
    assert "means of 1 photos of each data set" in " ".join(text.split())
    cells = dict(line.strip("| ").split(" | ", 1) for line in text.splitlines() if "ms" in line)
    assert all(cell.count(" ms") == 2 for cell in cells.values())  # a column for each data set
    assert {*cells} == {"read", "decode", "find faces", "crop", "score", "write", "in all"}
    assert "- Ray Data hands out 100 pieces a second." in text
    assert text.count("\n| 1000 | ") == 6
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith("|"))
