"""Collecting, from a loopback server that fails in every way a server can."""

import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import ThreadingHTTPServer
from pathlib import Path

import pandas
import pytest

from face_gender.runtime.journal import Store
from tests.conftest import ROOT
from tests.support.site import Handler, jpeg
from train.collect.stage import read_addresses, suffix_of, write_collected
from train.common.errors import StageError
from train.data.sources import load_data
from train.settings import CollectSettings, DataSettings, RunSettings

QUICK = {"pause": 0.0, "backoff": 0.05, "max_seconds": 1.0, "max_megabytes": 0.1, "patience": 3.0}


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.times, server.agents, server.delay = Counter(), [], set(), 0.0
    server.robots = "User-agent: *\nDisallow: /secret/\n"
    server.handle_error = lambda *_: None  # a client that hangs up is no news
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def collect(
    folder: Path, addresses: str, name: str = "list.txt", **settings
) -> tuple[pandas.DataFrame, dict[str, str]]:
    """Run the stage -> photos.csv, and reasons by path of failures.csv."""
    (folder / name).write_text(addresses)
    write_collected(
        RunSettings(str(folder)),
        CollectSettings(addresses=str(folder / name), **(QUICK | settings)),
    )
    failed = pandas.read_csv(folder / "collected/failures.csv")
    reasons = {
        "/" + url.split("/", 3)[3]: reason
        for url, reason in zip(failed["url"], failed["reason"], strict=True)
    }
    return pandas.read_csv(folder / "collected/photos.csv"), reasons


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", "", "no file of addresses ''"),
        ("list.txt", "# nothing\n\n", "holds no addresses"),
        (
            "list.csv",
            "address\nhttp://a/1.jpg\n",
            "should have a column 'url', got \\['address'\\]",
        ),
    ],
)
def test_wrong_lists_are_one_sentence(tmp_path, name, content, said):
    (tmp_path / "list").mkdir()
    if name:
        (tmp_path / name).write_text(content)
    with pytest.raises(StageError, match=said):
        read_addresses(CollectSettings(addresses=str(tmp_path / name) if name else ""))


def test_a_list_with_labels_becomes_a_source(tmp_path, site):
    rows = "".join(
        f"{site.address}/ok/{seed}.jpg,{'fm'[seed % 2]},{20 + seed},{'CC0' if seed else ''}\n"
        for seed in range(8)
    )
    got, failed = collect(
        tmp_path,
        "url,gender,age,license\n" + rows,
        "list.csv",
        licence="CC BY 4.0",
        source="a test",
    )
    assert failed == {}
    assert got.columns.tolist() == ["image", "url", "gender", "age", "licence", "source", "address"]
    assert got["licence"].tolist() == ["CC BY 4.0", *["CC0"] * 7]
    assert set(got["source"]) == {"a test"}
    assert [(tmp_path / "collected" / image).read_bytes() for image in got["image"]] == [
        jpeg(seed) for seed in range(8)
    ]
    part = load_data(DataSettings(data=str(tmp_path / "collected/photos.csv")))["train"]
    assert part.features["label"].names == ["f", "m"]
    assert part["licence"][:2] == ["CC BY 4.0", "CC0"]


def test_run_again_with_another_list_keeps_what_each_picture_was(tmp_path, site):
    """Also after a kill before photos.csv was written, and for records of an older version."""
    one, two, three = (f"{site.address}/ok/{seed}.jpg" for seed in range(3))
    collect(tmp_path, f"url,licence,source,by\n{one},CC0,museum,Ann\n{two},,,\n", "first.csv")
    (tmp_path / "collected/photos.csv").unlink()
    got, _ = collect(tmp_path, f"{two}\n{three}\n", licence="CC BY 4.0", source="web")
    rows = got.set_index("url")[["licence", "source", "by"]].fillna("")
    assert rows.to_dict("index") == {
        one: {"licence": "CC0", "source": "museum", "by": "Ann"},
        two: {"licence": "CC BY 4.0", "source": "web", "by": ""},
        three: {"licence": "CC BY 4.0", "source": "web", "by": ""},
    }
    with Store(tmp_path / "collected/addresses.sqlite") as ledger:
        known = ledger.read()
        for record in known.values():
            record.pop("row")
        ledger.write(known)
    again, _ = collect(tmp_path, f"{one}\n", licence="all rights reserved")
    assert again.set_index("url")["licence"].to_dict() == {
        one: "CC0",
        two: "CC BY 4.0",
        three: "CC BY 4.0",
    }


def test_a_changed_licence_is_told_and_held(tmp_path, site, capsys):
    address = f"{site.address}/ok/1.jpg"
    collect(tmp_path, f"url,licence\n{address},CC0\n", "list.csv")
    capsys.readouterr()
    got, _ = collect(tmp_path, f"url,licence\n{address},CC BY-ND 4.0\n", "list.csv")
    assert got["licence"].tolist() == ["CC BY-ND 4.0"]
    assert "licence or source changed for 1 pictures" in capsys.readouterr().out


LASTING = {
    "/none.jpg": "404 Not Found",
    "/gone.jpg": "410 Gone",
    "/page.jpg": "no picture: This is not a picture",
    "/huge.jpg": "too large",
    "/endless.jpg": "too large",
    "/secret/1.jpg": "robots.txt asks robots not to",
    "/hidden.jpg": "robots.txt asks robots not to",
    "/round.jpg": "too many redirects",
    "/elsewhere.jpg": "not an http or https address",
    "/nowhere.jpg": "redirects to a broken address",
}
PASSING = {
    "/busy.jpg": "429 Too Many Requests",
    "/slow.jpg": "too slow",
    "/cut.jpg": "peer closed connection",
}


@pytest.mark.slow
def test_each_failure_has_its_reason_and_stops_nothing(tmp_path, site):
    paths = [*LASTING, "/moved.jpg", *PASSING, "/once.jpg", "/ok/3.jpg"]
    lines = "\n".join(site.address + path for path in paths)
    got, failed = collect(tmp_path, lines, contact="me@example.org")
    assert [url.removeprefix(site.address) for url in got["url"]] == [
        "/moved.jpg",
        "/once.jpg",
        "/ok/3.jpg",
    ]
    assert got["address"][0] == site.address + "/ok/5.jpg"
    assert list(failed) == [*LASTING, *PASSING]
    assert all(failed[path].startswith(said) for path, said in (LASTING | PASSING).items())
    assert site.asked["/cut.jpg"] == 4
    assert site.asked["/busy.jpg"] == 1
    assert site.asked["/none.jpg"] == 1
    assert site.asked["/secret/1.jpg"] == site.asked["/secret/5.jpg"] == 0
    assert site.asked["/robots.txt"] == 1
    assert site.agents == {"face-gender-collect/1.0 (me@example.org)"}
    assert not list((tmp_path / "collected/photos").glob("*.part"))
    before = site.asked.copy()
    collect(tmp_path, lines)
    again = {path for path in site.asked if site.asked[path] > before[path]}
    assert again == {*PASSING, "/robots.txt"}


def test_retry_after_is_obeyed(tmp_path, site):
    collect(tmp_path, f"{site.address}/once.jpg")
    waits = [later - sooner for sooner, later in zip(site.times, site.times[1:], strict=False)]
    assert waits[2] >= 1
    assert len(waits) == 4


@pytest.mark.parametrize(("robots", "least"), [("", 0.2), ("User-agent: *\nCrawl-delay: 1\n", 1.0)])
def test_pause_between_requests(tmp_path, site, robots, least):
    site.robots = robots
    collect(tmp_path, "\n".join(f"{site.address}/ok/{seed}.jpg" for seed in range(3)), pause=0.2)
    waits = [later - sooner for sooner, later in zip(site.times[1:], site.times[2:], strict=False)]
    assert min(waits) >= least


def test_robots_are_followed_to_where_they_moved_and_not_for_ever(tmp_path, site):
    site.robots = "/rules.txt"
    got, failed = collect(tmp_path, f"{site.address}/secret/1.jpg\n{site.address}/ok/2.jpg")
    assert failed == {"/secret/1.jpg": LASTING["/secret/1.jpg"]}
    assert len(got) == 1
    assert site.written < 50_000_000
    site.robots = "/robots.txt"
    (tmp_path / "round").mkdir()
    _, failed = collect(tmp_path / "round", f"{site.address}/ok/2.jpg", tries=1)
    assert failed == {"/ok/2.jpg": "robots.txt cannot be read (too many redirects)"}


def test_what_is_no_address_stops_nothing(tmp_path, site):
    got, failed = collect(
        tmp_path, f"http://[example/a.jpg\n{site.address}/ok/2.jpg\nfile:///b.jpg"
    )
    assert failed == {
        "/a.jpg": "not an http or https address",
        "/b.jpg": "not an http or https address",
    }
    assert len(got) == 1


def test_a_site_that_is_down_is_not_asked_for_each_address(tmp_path):
    lines = "\n".join(f"http://127.0.0.1:9/{number}.jpg" for number in range(200))
    got, failed = collect(tmp_path, lines, tries=2)
    assert len(got) == 0
    assert Counter(failed.values())["site is down"] == 195


@pytest.mark.slow
def test_killed_and_run_again_asks_for_the_rest_only(tmp_path, site):
    site.delay = 0.05
    (tmp_path / "list.txt").write_text(
        "\n".join(f"{site.address}/ok/{seed}.jpg" for seed in range(60))
    )
    line = [
        sys.executable,
        "-m",
        "train.collect",
        "--addresses",
        str(tmp_path / "list.txt"),
        "--pause",
        "0",
        "--out",
    ]
    for many in (10, 35):
        with subprocess.Popen(
            [*line, str(tmp_path)], cwd=ROOT, stderr=subprocess.DEVNULL
        ) as process:
            while sum(site.asked.values()) < many:
                assert process.poll() is None
                time.sleep(0.01)
            process.kill()
    subprocess.run([*line, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    got = pandas.read_csv(tmp_path / "collected/photos.csv")
    assert [(tmp_path / "collected" / image).read_bytes() for image in got["image"]] == [
        jpeg(seed) for seed in range(60)
    ]
    assert sum(count for path, count in site.asked.items() if path.startswith("/ok")) <= 60 + 2 * 10
    assert len(list((tmp_path / "collected/photos").iterdir())) == 60


@pytest.mark.parametrize(
    ("address", "suffix"),
    [
        ("http://a/b", ".jpg"),
        ("http://a/b.PNG?w=3", ".png"),
        ("http://a/b.php", ".jpg"),
        ("http://a/b.heic", ".heic"),
    ],
)
def test_suffix_of(address, suffix):
    assert suffix_of(address) == suffix
