"""A zip of photos -> names and bytes, one at a time, never on disk; what could harm is refused."""

import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

from .photo import SUFFIXES, PhotoError, starts_like_photo
from .runtime.folders import OTHER, skip_reason
from .runtime.tables import is_table
from .settings import PhotoSettings, ZipSettings

Named = tuple[str, Path | bytes | PhotoError]  # a photo's name, and where to read it or why not

END = struct.Struct(
    "<4s4H2LH"
)  # the end record of a zip: signature, disks and counts, directory's bytes and offset, comment
END_SIGN, END64_SIGN = b"PK\5\6", b"PK\6\7"
END64_SIZE = 20  # bytes of a zip64 locator, which lies right before the end record
ENTRY_BYTES = 600  # of the directory, for one entry with a long name
START = 15  # bytes, and one
TABLE_BYTES = 20_000_000  # of a table; one more is read of a larger one
PACKINGS = (
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
)  # of bzip2 and LZMA, zipfile unpacks without a limit whatever they hold


def name_photos(
    paths: Iterable[Path],
    settings: ZipSettings = ZipSettings(),
    photo: PhotoSettings = PhotoSettings(),
) -> Iterator[Named]:
    """Photos and zips, mixed -> every photo with its name; a bad zip is one entry with its error.

    Browsers send the hidden and system files of a folder too: they are left out as in a zip.
    """
    for path in paths:
        if skip_reason(path.name):
            continue
        if path.suffix.lower() != ".zip":
            yield path.name, path
            continue
        try:
            yield from read_zip(path, settings, photo)
        except PhotoError as error:
            yield path.name, error


def read_zip(
    path: Path,
    settings: ZipSettings = ZipSettings(),
    photo: PhotoSettings = PhotoSettings(),
    names: Container[str] | None = None,
) -> Iterator[tuple[str, bytes | PhotoError]]:
    """A zip -> its photos, sorted by name; a damaged one gives its error and stops nothing.

    names: of those that are wanted; all if not given
    Raises PhotoError where the file is no zip, is encrypted, holds another zip, links, a name
    twice, names that lead outside it, or more than the settings allow.
    """
    with _opened(path, settings) as (packed, entries):
        for entry in entries:
            if names is not None and entry.filename not in names:
                continue
            yield entry.filename, _read_entry(packed, entry, photo.max_bytes)


def list_photos(path: Path, settings: ZipSettings = ZipSettings()) -> list[str]:
    """A zip -> its photos' names, sorted; none is unpacked. Raises PhotoError as read_zip."""
    with _opened(path, settings) as (_, entries):
        return [entry.filename for entry in entries]


def read_tables(
    path: Path, settings: ZipSettings = ZipSettings()
) -> list[tuple[str, bytes | PhotoError]]:
    """A zip -> the names and bytes of tables in it, sorted; none where it is refused or gone."""
    try:
        with _opened(path, settings) as (packed, _):
            names = sorted(entry.filename for entry in packed.infolist())
            return [
                (name, _read_entry(packed, packed.getinfo(name), TABLE_BYTES))
                for name in names
                if is_table(PurePosixPath(name)) and not skip_reason(name)
            ]
    except PhotoError:
        return []


@contextmanager
def _opened(
    path: Path, settings: ZipSettings
) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    try:
        _check_directory(path, settings)
        with zipfile.ZipFile(path) as packed:
            yield packed, _photos_of(packed, settings)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        if isinstance(error, PhotoError):
            raise
        raise PhotoError("The zip is damaged or gone, so it cannot be opened.") from error


def _check_directory(path: Path, settings: ZipSettings) -> None:
    """Look at the end record alone: a list of a million names is refused before it is read."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - END.size - END64_SIZE - 0xFFFF))
        tail = file.read()
    at = tail.rfind(END_SIGN)
    if at < 0 or len(tail) - at < END.size:
        raise PhotoError("This is not a zip file, or it is incomplete.")
    _, _, _, _, entries, directory, _, _ = END.unpack_from(tail, at)
    if tail[max(0, at - END64_SIZE) : at].startswith(END64_SIGN):
        raise PhotoError(
            "The zip is of the kind for huge archives (zip64); please send a smaller one."
        )
    if entries > settings.max_entries or directory > settings.max_entries * ENTRY_BYTES:
        raise PhotoError(_too_many(settings))


def _photos_of(packed: zipfile.ZipFile, settings: ZipSettings) -> list[zipfile.ZipInfo]:
    """A zip -> the entries that are photos, by name. All entries are checked before one is read."""
    entries = packed.infolist()
    if len(entries) > settings.max_entries:  # the end record may say fewer
        raise PhotoError(_too_many(settings))
    files = [
        entry for entry in entries if not entry.filename.endswith("/")
    ]  # is_dir fails on an empty name
    for entry in files:
        _check_entry(entry, settings)
    if len({entry.filename for entry in files}) < len(files):
        raise PhotoError("The zip holds the same name twice.")
    if sum(entry.file_size for entry in files) > settings.max_unpacked:
        raise PhotoError(
            f"The zip unpacks to more than the {settings.max_unpacked / 1e6:.0f} MB allowed."
        )
    return sorted(
        (entry for entry in files if _is_photo(packed, entry)), key=lambda entry: entry.filename
    )


def _check_entry(entry: zipfile.ZipInfo, settings: ZipSettings) -> None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or PureWindowsPath(entry.filename).drive or ".." in path.parts:
        raise PhotoError("The zip holds a name that leads outside it.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise PhotoError("The zip holds a link in place of a file.")
    if entry.flag_bits & 1:
        raise PhotoError("The zip is encrypted; please send it without a password.")
    if path.suffix.lower() == ".zip":
        raise PhotoError("The zip holds another zip; please unpack that first.")
    if entry.file_size > settings.max_ratio * max(1, entry.compress_size):
        raise PhotoError("The zip holds a file that unpacks to far more than its size.")


def _is_photo(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is called as photos are, or starts as they do."""
    if skip_reason(entry.filename):
        return False
    if PurePosixPath(entry.filename).suffix.lower() in SUFFIXES:
        return True
    start = _read_entry(packed, entry, START)
    return isinstance(start, bytes) and starts_like_photo(start)


def _read_entry(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes | PhotoError:
    """At most `limit` bytes and one, whatever size the entry claims: open_photo refuses more."""
    if entry.compress_type not in PACKINGS:
        return PhotoError(
            "The file is packed in a way that cannot be read; please zip it again (deflate)."
        )
    try:
        with packed.open(entry) as file:
            return file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        return PhotoError(f"The file is damaged inside the zip ({type(error).__name__}).")


def _too_many(settings: ZipSettings) -> str:
    return f"The zip holds more than the {settings.max_entries} files allowed."


def count_photos(paths: Iterable[Path], settings: ZipSettings = ZipSettings()) -> int:
    """Photos and zips, mixed -> how many entries name_photos gives for them."""
    kept = [path for path in paths if not skip_reason(path.name)]
    return sum(_count_in(path, settings) if path.suffix.lower() == ".zip" else 1 for path in kept)


def count_skipped(paths: Iterable[Path], settings: ZipSettings = ZipSettings()) -> Counter[str]:
    """Photos and zips, mixed -> how many files in and beside the zips are skipped, by reason."""
    skipped: Counter[str] = Counter()
    for path in paths:
        reason = skip_reason(path.name)
        if reason:
            skipped[reason] += 1
        elif path.suffix.lower() == ".zip":
            skipped += _skipped_in(path, settings)
    return skipped


def _skipped_in(path: Path, settings: ZipSettings) -> Counter[str]:
    try:
        _check_directory(path, settings)
        with zipfile.ZipFile(path) as packed:
            files = [entry for entry in packed.infolist() if not entry.filename.endswith("/")]
            others = [entry.filename for entry in files if not _is_photo(packed, entry)]
    except (PhotoError, zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error):
        return Counter()  # a bad zip has its one entry, with the reason
    return Counter(skip_reason(name) or OTHER for name in others)


def _count_in(path: Path, settings: ZipSettings) -> int:
    try:
        return len(list_photos(path, settings))
    except PhotoError:
        return 1
