"""A folder -> the files that people put there, and how many others were skipped, by reason."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

HIDDEN = "hidden files and folders"
SYSTEM = "system files and folders"
OTHER = "files of other kinds"
READ_ALREADY = "links to folders that are read already"
BROKEN = "links to nothing"
SPECIAL = "devices and pipes"
LOCKED = "folders that cannot be opened"

# Lower case. Windows, macOS, Synology and QNAP put copies, thumbnails and deleted files there.
SYSTEM_NAMES = frozenset(
    (
        "__macosx",
        "@eadir",
        "#recycle",
        "@recycle",
        "#snapshot",
        "@recently-snapshot",
        "$recycle.bin",
        "recycler",
        "recycled",
        "system volume information",
        "lost+found",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "icon\r",
    )
)

Node = tuple[int, int]  # device and inode, which tell a folder whatever it is called


@dataclass(frozen=True)
class Walk:
    """What a walk found: files in order of their paths, and how many entries it skipped, by reason.

    A folder that is skipped counts once, whatever lies in it.
    """

    files: list[Path] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def walk_folder(folder: Path, suffixes: Collection[str] = ()) -> Walk:
    """A folder -> its files and those below it, of these suffixes (lower case) or, if none, all.

    Linked folders are followed, each once and after the real ones; a link to a folder above is not.
    """
    skipped: Counter[str] = Counter()
    found = list(_walk(folder, skipped))
    files = sorted(path for path in found if not suffixes or path.suffix.lower() in suffixes)
    skipped[OTHER] += len(found) - len(files)
    return Walk(files, +skipped)


def _walk(folder: Path, skipped: Counter[str]) -> Iterator[Path]:
    real = folder.resolve()
    read = {_node_of(str(above)) for above in real.parents}
    waiting, linked = [str(folder)], list[str]()
    while waiting or linked:
        place = waiting.pop() if waiting else linked.pop(0)
        node = _node_of(place)
        if node is None or node in read:
            skipped[READ_ALREADY if node else LOCKED] += 1
            continue
        read.add(node)
        for entry in _list(place, skipped):
            if not entry.is_dir():
                yield Path(entry.path)
            else:
                (linked if entry.is_symlink() else waiting).append(entry.path)


def _list(place: str, skipped: Counter[str]) -> Iterator[os.DirEntry[str]]:
    """A folder -> what in it is to be read, by name; the rest is counted."""
    try:
        with os.scandir(place) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        skipped[LOCKED] += 1
        return
    for entry in entries:
        reason = skip_reason(entry.name) or _not_to_read(entry)
        if reason:
            skipped[reason] += 1
        else:
            yield entry


def _not_to_read(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_dir() or entry.is_file():
            return ""
        return SPECIAL if os.path.exists(entry.path) else BROKEN  # noqa: PTH110 (no Path yet)
    except OSError:  # a link to itself
        return BROKEN


def _node_of(place: str) -> Node | None:
    try:
        found = os.stat(place)  # noqa: PTH116 (no Path yet)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def skip_reason(name: str) -> str:
    """A path below a named folder, with slashes either way -> why it is skipped, or nothing."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if any(part.lower() in SYSTEM_NAMES for part in parts):
        return SYSTEM
    return HIDDEN if any(part.startswith(".") and part != ".." for part in parts) else ""


def keep_seen(names: Iterable[str]) -> tuple[list[str], Counter[str]]:
    """Names in a distant store -> those that are not skipped, and the others by reason."""
    skipped: Counter[str] = Counter()
    kept = []
    for name in names:
        reason = skip_reason(name)
        if reason:
            skipped[reason] += 1
        else:
            kept.append(name)
    return kept, skipped


def in_words(skipped: Counter[str], place: object) -> str:
    """What was skipped -> a sentence, or nothing."""
    said = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(skipped.items()) if count)
    return f"Skipped in {place}: {said}." if said else ""


def tell_skipped(skipped: Counter[str], place: object) -> None:
    """Print what was skipped, if anything was."""
    if said := in_words(skipped, place):
        print(said)
