"""What a command was given -> photos and videos, each under the path that tables call it."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby, repeat
from pathlib import Path
from typing import Any

from .photo import SUFFIXES, PhotoError, PhotoSource
from .runtime.folders import in_words, walk_folder
from .runtime.journal import stamp_of
from .settings import PhotoSettings, ZipSettings
from .video import SUFFIXES as VIDEO_SUFFIXES
from .zips import count_skipped, list_photos, read_tables, read_zip

STDIN = Path("-")  # a photo's bytes, sent through a pipe


class Inputs:
    """Files, folders, zips of photos and standard input.

    paths: of every photo and video, in order; a zip's photos lie below its path, and a zip that is
    refused is one photo with its error
    roots: by path, the folder or zip that was named and holds it
    skipped: a sentence on what was left out of each folder and zip
    """

    def __init__(
        self,
        named: Iterable[Path],
        photo: PhotoSettings = PhotoSettings(),
        zips: ZipSettings = ZipSettings(),
    ) -> None:
        """named: paths; `-` is standard input, which is read at once."""
        self.paths: list[Path] = []
        self.roots: dict[Path, Path] = {}
        self.skipped: list[str] = []
        self._photo, self._settings = photo, zips
        self._entries: dict[Path, str] = {}  # a photo in a zip -> its name there
        self._refused: dict[Path, PhotoError] = {}
        self._sent = b""
        for path in named:
            self._add(path)

    def _add(self, path: Path) -> None:
        if path == STDIN:
            self._sent = sys.stdin.buffer.read(self._photo.max_bytes + 1)
            self.paths.append(path)
        elif os.path.isdir(path):  # noqa: PTH112 (Path raises where it may not look)
            walk = walk_folder(path, (*SUFFIXES, *VIDEO_SUFFIXES))
            self._add_below(path, walk.files, in_words(walk.skipped, path))
        elif path.suffix.lower() == ".zip":
            self._add_zip(path)
        else:
            self.paths.append(path)

    def _add_zip(self, path: Path) -> None:
        try:
            names = list_photos(path, self._settings)
        except PhotoError as error:
            self._refused[path] = error
            self.paths.append(path)
            return
        inside = {path / name: name for name in names}
        self._entries |= inside
        self._add_below(path, list(inside), in_words(count_skipped([path], self._settings), path))

    def _add_below(self, root: Path, paths: list[Path], skipped: str) -> None:
        self.paths += paths
        self.roots |= dict.fromkeys(paths, root)
        self.skipped += [skipped] if skipped else []

    def read(self, paths: Iterable[Path]) -> Iterator[PhotoSource | PhotoError]:
        """Some of the paths, in order -> where to read each, or why it cannot be read."""
        for zipped, group in groupby(
            paths, lambda path: path in self._entries and self.roots[path]
        ):
            if zipped:
                yield from self._unpack(zipped, [self._entries[path] for path in group])
            else:
                yield from map(self._open, group)

    def _open(self, path: Path) -> PhotoSource | PhotoError:
        return self._sent if path == STDIN else self._refused.get(path, path)

    def _unpack(self, zipped: Path, names: Sequence[str]) -> Iterator[bytes | PhotoError]:
        left, why = len(names), PhotoError("The zip was changed while it was read.")
        try:
            for _, content in read_zip(zipped, self._settings, self._photo, set(names)):
                left -= 1
                yield content
        except PhotoError as error:
            why = error
        yield from repeat(why, left)

    def tables(self, zipped: Path) -> list[tuple[str, bytes | PhotoError]]:
        """A zip -> the names and bytes of the tables in it, none if it is refused."""
        return read_tables(zipped, self._settings)

    @property
    def stamp(self) -> list[Any]:
        """What no path's own date tells: whether a zip or standard input is another by now."""
        zips = dict.fromkeys(self.roots[path] for path in self._entries)
        return [
            *([str(path), stamp_of(path)] for path in zips),
            blake2b(self._sent, digest_size=16).hexdigest(),
        ]
