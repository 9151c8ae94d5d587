"""zips: photos out of uploads; what could harm is refused with a sentence."""

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest
from PIL import Image

from face_gender.photo import PhotoError
from face_gender.settings import PhotoSettings, ZipSettings
from face_gender.zips import count_photos, count_skipped, list_photos, name_photos, read_zip


def write_zip(path, entries, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as packed:
        for name, content in entries:
            packed.writestr(name, content)
    return path


def test_no_photos(tmp_path):
    assert list(name_photos([])) == []
    assert list(read_zip(write_zip(tmp_path / "empty.zip", []))) == []
    assert (
        list(
            read_zip(
                write_zip(
                    tmp_path / "text.zip",
                    [("a.txt", b"no"), ("__MACOSX/a.jpg", b""), (".hid/b.jpg", b"")],
                )
            )
        )
        == []
    )


def test_photos_come_by_name_with_their_bytes(tmp_path):
    path = write_zip(
        tmp_path / "some.zip",
        [("b/2.PNG", b"two"), ("at 10:30.jpg", b"one"), ("readme.md", b"no"), ("a/", b"")],
    )
    assert list(read_zip(path)) == [("at 10:30.jpg", b"one"), ("b/2.PNG", b"two")]
    assert list_photos(path) == ["at 10:30.jpg", "b/2.PNG"]
    single = tmp_path / "single.jpg"
    assert list(name_photos([single, path])) == [
        ("single.jpg", single),
        ("at 10:30.jpg", b"one"),
        ("b/2.PNG", b"two"),
    ]


def test_photos_of_any_suffix_and_no_others(tmp_path):
    packed = {kind: io.BytesIO() for kind in ("JPEG", "PNG", "HEIF", "WEBP", "AVIF", "GIF", "TIFF")}
    for kind, file in packed.items():
        Image.new("RGB", (32, 32)).save(file, kind)
    entries = [(f"{kind} without", file.getvalue()) for kind, file in packed.items()]
    entries += [("IMG_1.JPG_large", packed["JPEG"].getvalue()), ("._1", packed["JPEG"].getvalue())]
    others = [
        ("a", b""),
        ("b.txt", b"BM, he said, P6 I wrote."),
        ("c.pdf", b"%PDF-1.7 and more bytes"),
    ]
    path = write_zip(tmp_path / "some.zip", entries + others)
    assert set(list_photos(path)) >= {name for name, _ in entries[:-1]}
    assert not {"a", "c.pdf", "._1"} & set(list_photos(path))
    assert count_photos([path]) + count_skipped([path]).total() == len(entries + others)


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("photo.jpg")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("../out.jpg", b"x")], "outside"),
        ([("/etc/out.jpg", b"x")], "outside"),
        ([("a/../../out.jpg", b"x")], "outside"),
        ([("C:/out.jpg", b"x")], "outside"),
        ([("c:out.jpg", b"x")], "outside"),
        ([("\\\\host\\share\\out.jpg", b"x")], "outside"),
        ([("..\\out.jpg", b"x")], "outside"),
        ([(link(), b"/etc/passwd")], "link"),
        ([("inner.zip", b"PK")], "another zip"),
        ([("bomb.bmp", bytes(1_000_000))], "far more"),
        ([(f"{number}.jpg", b"x") for number in range(21)], "more than the 20"),
        ([("big.jpg", bytes(range(256)) * 20)], "0 MB"),
    ],
)
def test_harm_is_refused_before_anything_is_unpacked(tmp_path, entries, words):
    path = write_zip(tmp_path / "bad.zip", entries)
    with pytest.raises(PhotoError, match=words) as caught:
        list(read_zip(path, ZipSettings(max_entries=20, max_unpacked=5_000)))
    assert str(caught.value).endswith(".")
    with pytest.raises(PhotoError, match=words):
        list_photos(path, ZipSettings(max_entries=20, max_unpacked=5_000))
    ((name, error),) = name_photos([path], ZipSettings(max_entries=20, max_unpacked=5_000))
    assert name == "bad.zip"
    assert str(error) == str(caught.value)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_same_name_twice(tmp_path):
    with pytest.raises(PhotoError, match="twice"):
        list(read_zip(write_zip(tmp_path / "bad.zip", [("a.jpg", b"1"), ("a.jpg", b"2")])))


def test_encrypted(tmp_path):
    path = write_zip(tmp_path / "bad.zip", [("a.jpg", b"1")])
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(PhotoError, match="encrypted"):
        list(read_zip(path))


@pytest.mark.parametrize("name", [".", "\0photo.jpg", "./", "/"])
def test_entries_without_a_name(tmp_path, name):
    path = write_zip(tmp_path / "odd.zip", [("a.jpg", b"a"), ("X" * len(name), b"x")])
    path.write_bytes(path.read_bytes().replace(b"X" * len(name), name.encode()))
    assert list(name_photos([path]))[0][1] is not None
    assert count_photos([path]) == 1


def test_gone(tmp_path):
    ((name, error),) = name_photos([tmp_path / "purged.zip"])
    assert (name, str(error)) == (
        "purged.zip",
        "The zip is damaged or gone, so it cannot be opened.",
    )


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\5\6", b"PK\3\4" + bytes(100)])
def test_no_zip(tmp_path, content):
    path = tmp_path / "bad.zip"
    path.write_bytes(content)
    with pytest.raises(PhotoError, match="zip"):
        list(read_zip(path))


def test_lies_about_its_size(tmp_path):
    path = write_zip(tmp_path / "many.zip", [(f"{number:05d}.jpg", b"") for number in range(5000)])
    content = bytearray(path.read_bytes())
    end = content.rindex(b"PK\5\6")
    struct.pack_into("<2H", content, end + 8, 1, 1)  # says one entry
    path.write_bytes(content)
    for most in (100, 4999):  # the latter by the number of entries alone
        with pytest.raises(PhotoError, match=f"more than the {most}"):
            list(read_zip(path, ZipSettings(max_entries=most)))


def test_zip64_is_refused(tmp_path):
    path = write_zip(
        tmp_path / "huge.zip",
        [(f"{number}.jpg", b"") for number in range(65600)],
        zipfile.ZIP_STORED,
    )
    with pytest.raises(PhotoError, match="zip64"):
        list(read_zip(path))


def test_damaged_entry_stops_nothing(tmp_path):
    path = write_zip(
        tmp_path / "some.zip", [("a.jpg", b"a" * 50), ("b.jpg", b"bbb")], zipfile.ZIP_STORED
    )
    path.write_bytes(path.read_bytes().replace(b"a" * 50, b"a" * 49 + b"!"))
    (_, error), second = read_zip(path)
    assert isinstance(error, PhotoError)
    assert second == ("b.jpg", b"bbb")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_without_a_limit_is_not_read(tmp_path, packing):
    """A few bytes that say they hold a thousand, and hold 100 MB; what lies beside them is read."""
    size = 100_000_000
    path = write_zip(tmp_path / "bomb.zip", [("a.jpg", bytes(size))], packing)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("b.jpg", b"bbb")
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 1000)))
    tracemalloc.start()
    (_, error), second = read_zip(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(error, PhotoError)
    assert second == ("b.jpg", b"bbb")
    assert most < size / 10


def test_no_entry_is_read_beyond_what_a_photo_may_weigh(tmp_path):
    path = write_zip(
        tmp_path / "some.zip", [("a.jpg", io.BytesIO(bytes(range(256)) * 10).getvalue())]
    )
    ((_, content),) = read_zip(path, photo=PhotoSettings(max_bytes=100))
    assert len(content) == 101
