"""Addresses -> collected pictures, with source and licence: `python -m train.collect`."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from queue import Empty, Queue
from urllib.parse import urlsplit

import pandas
from tqdm import tqdm

from face_gender.photo import SUFFIXES, PhotoError, open_photo
from face_gender.runtime.files import atomic_write, write_text
from face_gender.runtime.journal import Record, Store
from face_gender.runtime.tables import is_table

from ..common.errors import StageError
from ..common.files import check_disk
from ..common.tables import read_file, read_table, to_text
from ..common.texts import given_path, unquote
from ..settings import CollectSettings, RunSettings
from .web import Fetcher, FetchError, site_of

PHOTOS_FILE, FAILURES_FILE = "photos.csv", "failures.csv"
COLUMNS = ["image", "url", "source", "licence"]  # of photos.csv where there are no pictures
GIVE_UP = 5  # failures in a row after which a site's other addresses wait for the next run
USUAL_BYTES = 300_000  # of a picture, to estimate the disk space needed


def write_collected(run: RunSettings, settings: CollectSettings) -> None:
    """Download what is missing, then list pictures in photos.csv and failures in failures.csv.

    The next run retries what failed for now, but not what failed for good. Pictures of earlier
    lists stay in photos.csv, with what was known of them.
    """
    rows = read_addresses(settings)
    folder = run.folder("collected")
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    with Store(folder / "addresses.sqlite") as ledger:
        known = with_rows(ledger.read(), folder)
        told = tell_rows(rows, known, settings)
        todo = [url for url in rows["url"] if not is_done(known.get(url), folder)]
        print(f"{len(rows):,} addresses, {len(todo):,} to fetch", flush=True)
        check_disk(folder, len(todo) * USUAL_BYTES)
        for url, record in tqdm(
            fetch_all(todo, folder, settings), "addresses", len(todo), mininterval=1, disable=None
        ):
            known[url] = {**record, "row": told[url]}
            ledger.write({url: known[url]})
        known |= {url: {**known[url], "row": row} for url, row in told.items()}
        ledger.write(known)
    list_outcome(list(told), known, folder)


def read_addresses(settings: CollectSettings) -> pandas.DataFrame:
    """A file of addresses, or a CSV with `url` -> its rows as text, with `source` and `licence`.

    Each address comes once; what the file does not say is empty. Raises StageError if there are
    none.
    """
    path = given_path(settings.addresses)
    if not settings.addresses or not path.is_file():
        raise StageError(
            f"There is no file of addresses {settings.addresses!r}: name one with --addresses."
        )
    if is_table(path):
        rows = read_table(path, ("url", "source", "licence", "license"))
        rows = rows.rename(columns={"license": "licence"} if "licence" not in rows else {})
    else:
        lines = map(unquote, to_text(read_file(path), str(path)).splitlines())
        rows = pandas.DataFrame(
            {"url": [line for line in lines if line and not line.startswith("#")]}, dtype="string"
        )
    if "url" not in rows:
        raise StageError(f"{path} should have a column 'url', got {sorted(rows.columns)}.")
    rows = rows.assign(url=rows["url"].map(unquote, na_action="ignore"))
    rows = rows.dropna(subset="url").drop_duplicates("url")
    if rows.empty:
        raise StageError(f"{path} holds no addresses.")
    for column in ("source", "licence"):
        rows[column] = rows.get(column, "")
    return rows.fillna("")


def with_rows(known: dict[str, Record], folder: Path) -> dict[str, Record]:
    """Records -> the same, each with what photos.csv says of it where it has no row of its own."""
    path = folder / PHOTOS_FILE
    rows = read_table(path).fillna("") if path.is_file() else pandas.DataFrame({"url": []})
    listed = {row["url"]: row for row in rows.to_dict("records")} if "url" in rows else {}
    plain = {
        url: {name: cell for name, cell in row.items() if name not in ("image", "address")}
        for url, row in listed.items()
    }
    return {url: {"row": plain.get(url, {"url": url}), **record} for url, record in known.items()}


def tell_rows(
    rows: pandas.DataFrame, known: dict[str, Record], settings: CollectSettings
) -> dict[str, dict[str, str]]:
    """A list's rows, and what earlier runs knew -> by address, all that is known of it.

    What the list says wins, and a changed licence or source is told. Where it says nothing, the
    earlier run does; --licence and --source fill only what is empty then.
    """
    given = {"source": settings.source, "licence": settings.licence}
    found, changed = {}, 0
    for row in rows.to_dict("records"):
        before, said = filled(known.get(row["url"], {}).get("row", {})), filled(row)
        changed += any(
            before[name] != said[name] for name in given if name in before and name in said
        )
        found[row["url"]] = {**row, **given, **before, **said}
    if changed:
        print(f"licence or source changed for {changed:,} pictures; what the list says holds.")
    return found


def filled(row: dict[str, str]) -> dict[str, str]:
    """A row -> its cells that say something."""
    return {name: cell for name, cell in row.items() if cell}


def is_done(record: Record | None, folder: Path) -> bool:
    """Whether an address needs no other request."""
    if record is None:
        return False
    return record["lasting"] if record["reason"] else (folder / record["image"]).is_file()


def fetch_all(
    urls: list[str], folder: Path, settings: CollectSettings
) -> Iterator[tuple[str, Record]]:
    """Addresses -> (address, record) as they finish: several sites at once, a thread for each."""
    found: Queue[tuple[str, Record]] = Queue()

    def fetch_site(addresses: list[str]) -> None:
        failed = 0
        for url in addresses:
            if fetcher.stopped.is_set():
                return
            record = (
                fetch_one(fetcher, url, folder)
                if failed < GIVE_UP
                else {"reason": "site is down", "lasting": False}
            )
            failed = 0 if record["lasting"] else failed + 1
            found.put((url, record))

    with ThreadPoolExecutor(settings.sites) as pool, Fetcher(settings) as fetcher:
        work = [pool.submit(fetch_site, addresses) for addresses in by_site(urls)]
        while not (all(site.done() for site in work) and found.empty()):
            try:
                yield found.get(timeout=0.1)
            except Empty:
                continue
        for site in work:
            site.result()


def by_site(urls: list[str]) -> list[list[str]]:
    """Addresses -> lists by site; those that are not web addresses form one list."""
    sites: dict[str, list[str]] = {}
    for url in urls:
        try:
            site = site_of(url)
        except FetchError:
            site = ""
        sites.setdefault(site, []).append(url)
    return list(sites.values())


def fetch_one(fetcher: Fetcher, url: str, folder: Path) -> Record:
    """An address -> its picture in the folder, and its record.

    A record has `image` and `address`, or the `reason` of a failure and whether it is `lasting`.
    """
    try:
        content, address = fetcher.fetch(url)
        open_photo(content, side=256)
    except FetchError as error:
        return {"reason": str(error), "lasting": error.lasting}
    except PhotoError as error:
        return {"reason": f"no picture: {error}", "lasting": True}
    name = blake2b(url.encode(), digest_size=12).hexdigest() + suffix_of(address)
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    with atomic_write(folder / "photos" / name) as beside:
        beside.write_bytes(content)
    return {"reason": "", "lasting": True, "image": f"photos/{name}", "address": address}


def suffix_of(address: str) -> str:
    """An address -> its picture's suffix; .jpg if it has none."""
    suffix = PurePosixPath(urlsplit(address).path).suffix.lower()
    return suffix if suffix in SUFFIXES else ".jpg"


def list_outcome(urls: list[str], known: dict[str, Record], folder: Path) -> None:
    """Addresses and records -> photos.csv, which the data stage reads, and failures.csv.

    urls: of this list; pictures of earlier lists follow in photos.csv
    """
    records = [known[url] for url in urls]
    earlier = [
        record for url, record in known.items() if url not in set(urls) and is_done(record, folder)
    ]
    got = [record for record in (*records, *earlier) if not record["reason"]]
    photos = pandas.DataFrame(
        [{"image": each["image"], **each["row"]} for each in got], columns=None if got else COLUMNS
    )
    photos["address"] = [each["address"] for each in got]
    failed = pandas.DataFrame(
        [(url, each["reason"]) for url, each in zip(urls, records, strict=True) if each["reason"]],
        columns=["url", "reason"],
    )
    for name, listed in ((PHOTOS_FILE, photos), (FAILURES_FILE, failed)):
        write_text(folder / name, listed.to_csv(index=False, lineterminator="\n"))
    unlicensed = int((photos["licence"].fillna("") == "").sum())
    print(
        f"{len(got)} pictures, {unlicensed} without a licence; "
        f"{len(failed)} addresses failed, see {FAILURES_FILE}"
    )
