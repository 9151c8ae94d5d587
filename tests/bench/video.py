"""What videos cost, and what tracks gain: `python -m tests.bench.video [PART ...]`, in words.

Faces are FairFace's validation photos, held out from training, and used for nothing but this.
"""

import argparse
import io
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from skimage import data

from face_gender.crops import crop_face
from face_gender.photo import Photo
from face_gender.reader import PhotoReader, open_reader
from face_gender.runtime.malloc import give_back_memory
from face_gender.settings import VideoSettings
from face_gender.shots import is_cut, view_of
from face_gender.tracks import SeenFrame, Sighting, Tracker, look_of, pool, sharpness_of
from face_gender.video import Video
from face_gender.video_reader import VideoReader
from tests.conftest import FAIRFACE
from tests.support.clips import write_clip

PEOPLE, VIEWS = 250, 6  # of the pooling's sequences
CLIPS, SECONDS, FACES = 3, 60, 6  # of crossing faces
SIZE = (640, 360)
GENDERS = ("Male", "Female")


def held_out(n: int, skip: int = 0) -> Iterator[tuple[Image.Image, str]]:
    """Photos of FairFace's validation split, with their labels."""
    import pyarrow.parquet as parquet

    path = FAIRFACE / "validation-00000-of-00001.parquet"
    table = parquet.read_table(path, columns=["image", "gender"]).slice(skip, n)
    for row in table.to_pylist():
        gender = row["gender"] if isinstance(row["gender"], str) else GENDERS[row["gender"]]
        yield Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"), gender


def head_of(photo: Image.Image, size: int) -> tuple[Image.Image, Image.Image]:
    """A photo -> a head of `size` px and its soft, oval mask."""
    head = photo.crop((12, 2, 212, 222)).resize((size, round(1.1 * size)), Image.Resampling.BOX)
    mask = Image.new("L", head.size)
    ImageDraw.Draw(mask).ellipse((2, 2, head.width - 2, head.height - 2), fill=255)
    return head, mask.filter(ImageFilter.GaussianBlur(2))


def worsen(photo: Image.Image, chance: np.random.Generator) -> Image.Image:
    """A photo -> as a frame of a film might show it: turned, dark, blurred, grainy."""
    photo = photo.rotate(chance.uniform(-15, 15), Image.Resampling.BILINEAR)
    photo = ImageEnhance.Brightness(photo).enhance(chance.uniform(0.5, 1.4))
    photo = ImageEnhance.Contrast(photo).enhance(chance.uniform(0.6, 1.3))
    photo = photo.filter(ImageFilter.GaussianBlur(float(chance.choice([0, 0, 1, 2, 4, 6]))))
    noise = chance.normal(0, chance.choice([0, 5, 15]), (*photo.size[::-1], 3))
    return Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8))


def look(reader: PhotoReader, picture: Image.Image, time: float = 0.0) -> list[Sighting]:
    """A frame -> its faces."""
    photo = Photo(np.asarray(picture), *picture.size)
    scorer = reader.scorer
    faces = reader.finder.find_faces(photo, turned=False)
    crops = [crop_face(photo, face, scorer.size, scorer.model.margin) for face in faces]
    scores = scorer.score_crops(crops).tolist()
    return [
        Sighting(
            time, 0.25, face.box, face.confidence, tuple(score), sharpness_of(crop), look_of(crop)
        )
        for face, crop, score in zip(faces, crops, scores, strict=True)
    ]


def pooling(reader: PhotoReader) -> Iterator[str]:
    """Several poor frames of each of many people -> how much more often a track is right."""
    chance = np.random.default_rng(0)
    scenes = [Image.fromarray(data.coffee()), Image.fromarray(data.chelsea())]
    single, pooled, plain = [], [], []  # of each person: (right, decided and right, decided)
    for number, (photo, gender) in enumerate(held_out(PEOPLE)):
        seen = []
        for _ in range(VIEWS):
            size = int(chance.integers(28, 110))
            scene = scenes[number % 2].resize((320, 240))
            head, mask = head_of(worsen(photo, chance), size)
            scene.paste(
                head, (int(chance.integers(0, 320 - size)), int(chance.integers(0, 110))), mask
            )
            seen += look(reader, scene)[:1]
        if not seen:
            continue
        at = reader.labels.index(gender)
        single.append(np.mean([_right(face.scores, at, reader.threshold) for face in seen], axis=0))
        pooled.append(_right(pool(seen), at, reader.threshold))
        mean = tuple(np.mean([face.scores for face in seen], axis=0))
        plain.append(_right(mean, at, reader.threshold))
    one, many, even = (np.array(each, float) for each in (single, pooled, plain))
    yield f"people {len(one)}, {VIEWS} frames each"
    for name, found in (("single frames", one), ("tracks", many), ("tracks, plain mean", even)):
        right, decided_right, decided = found.mean(axis=0)
        yield (
            f"{name}: best guess right {100 * right:.1f} %; decided on {100 * decided:.1f} %, "
            f"of these right {100 * decided_right / decided:.1f} %"
        )
    draws = np.random.default_rng(0).integers(0, len(one), (2000, len(one)))
    gains = (many - one)[draws, 0].mean(axis=1)
    low, high = np.quantile(gains, (0.025, 0.975))
    yield f"gain {100 * gains.mean():+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]"


def _right(scores: tuple[float, ...], truth: int, threshold: float) -> tuple[float, float, float]:
    right, decided = int(np.argmax(scores)) == truth, max(scores) >= threshold
    return float(right), float(right and decided), float(decided)


def crossing(seed: int) -> Iterator[tuple[float, Image.Image, list[tuple[float, float]]]]:
    """A clip of faces that move and cross -> time, picture and where each face's centre is."""
    chance = np.random.default_rng(seed)
    scene = Image.fromarray(data.coffee()).resize(SIZE)
    sizes = chance.integers(64, 96, FACES)
    photos = held_out(FACES, skip=2000 + 50 * seed)
    heads = [head_of(photo, int(size)) for (photo, _), size in zip(photos, sizes, strict=True)]
    periods, phases = chance.uniform(8, 16, (FACES, 2)), chance.uniform(0, 2 * np.pi, (FACES, 2))
    for step in range(SECONDS * 4):
        picture, places = scene.copy(), []
        for (head, mask), period, phase in zip(heads, periods, phases, strict=True):
            swing = np.sin(2 * np.pi * step / 4 / period + phase)
            x, y = SIZE[0] / 2 + swing[0] * 260, SIZE[1] / 2 + swing[1] * 110
            picture.paste(head, (round(x - head.width / 2), round(y - head.height / 2)), mask)
            places.append((x, y))
        yield step / 4, picture, places


def tracking(reader: PhotoReader) -> Iterator[str]:
    """Faces that cross -> how many keep their number, and how often two are swapped."""
    whole = swaps = fragments = faces = 0
    for seed in range(CLIPS):
        tracker, given = Tracker(), [[] for _ in range(FACES)]
        for index, (at, picture, places) in enumerate(crossing(seed)):
            seen = look(reader, picture, at)
            numbers = tracker.add(SeenFrame(index, at, 0.25, False, tuple(seen)))
            for face, number in zip(seen, numbers, strict=True):
                if (who := _nearest(face, places)) is not None:
                    given[who].append(number)
        owner = {
            number: max(range(FACES), key=lambda who: given[who].count(number))
            for number in set(sum(given, []))
        }
        for who, numbers in enumerate(given):
            number, often = Counter(numbers).most_common(1)[0]
            whole += often == len(numbers)
            fragments += len({each for each in numbers if owner[each] == who}) - 1
            swaps += sum(a != b and owner[b] != who for a, b in pairwise(numbers))
            faces += 1
    yield (
        f"{CLIPS} clips of {SECONDS} s, {FACES} crossing faces: {whole} of {faces} tracks whole, "
        f"{fragments} breaks, {swaps} swaps"
    )


def _nearest(face: Sighting, places: list[tuple[float, float]]) -> int | None:
    x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
    away = [np.hypot(x - a, y - b) / face.size for a, b in places]
    best = int(np.argmin(away))
    clear = sorted(away)[1] > 0.5  # else two of them are there
    return best if away[best] < 0.4 and clear else None


def shots(reader: PhotoReader) -> Iterator[str]:
    """Pictures shown one after another, still, panned, zoomed and flashed -> cuts found."""
    photos = [np.asarray(photo) for photo, _ in held_out(200, skip=4000)]
    names = ("astronaut", "coffee", "chelsea", "rocket", "motorcycle_left")
    large = [Image.fromarray(getattr(data, name)()) for name in names if hasattr(data, name)]
    cuts = [is_cut(view_of(a), view_of(b)) for a, b in pairwise(photos)]
    others = [is_cut(view_of(a), view_of(b)) for a in photos[:60] for b in _variants(a)]
    moved = [
        is_cut(view_of(np.asarray(a)), view_of(np.asarray(b)))
        for photo in large
        for a, b in pairwise(_pan(photo))
    ]
    yield f"cuts between {len(photos)} photos: {np.mean(cuts):.1%} found"
    yield f"false cuts at flashes, fades, zooms: {np.mean(others):.1%} of {len(others)}"
    yield f"false cuts in pans, 8 % of the width a frame: {np.mean(moved):.1%} of {len(moved)}"


def _variants(photo: np.ndarray) -> list[np.ndarray]:
    bright = np.clip(photo.astype(float) * 1.7, 0, 255).astype(np.uint8)
    return [bright, photo // 2, photo[20:-20, 20:-20], np.roll(photo, 15, 1)]


def _pan(photo: Image.Image) -> list[Image.Image]:
    width, height = photo.width // 2, photo.height // 2
    step = max(1, round(0.08 * width))
    return [photo.crop((x, 0, x + width, height)) for x in range(0, photo.width - width, step)]


def talking(folder: Path, seconds: int = 30) -> Path:
    """A 720p film of one or two heads that move a little, 25 frames a second, with grain."""
    chance = np.random.default_rng(0)
    large = Image.fromarray(data.astronaut()).crop((60, 0, 380, 320)).resize((560, 560))
    scene = Image.fromarray(data.coffee()).resize((1280, 720))
    grain = [chance.normal(0, 3, (720, 1280, 1)).astype(np.int16) for _ in range(8)]

    def pictures() -> Iterator[np.ndarray]:
        for at in range(25 * seconds):
            picture, sway = scene.copy(), 20 * np.sin(at / 12)
            picture.paste(large, (round(80 + sway), round(110 + sway / 3)))
            if at // 250 % 2:
                picture.paste(large.resize((420, 420)), (round(760 - sway), 190))
            yield (np.asarray(picture) + grain[at % 8]).clip(0, 255).astype(np.uint8)

    return write_clip(folder / "talking.mp4", pictures(), rate=25)


def speed(reader: PhotoReader) -> Iterator[str]:
    """A 720p film -> share of its running time that reading takes, processor time, peak memory."""
    give_back_memory()
    seconds = 30
    with tempfile.TemporaryDirectory() as folder:
        path = talking(Path(folder), seconds)
        videos, peak = VideoReader(reader), [0.0]
        ended = threading.Event()
        threading.Thread(target=_watch, args=(peak, ended), daemon=True).start()
        start, used = time.perf_counter(), _used()
        result = videos.read(path)
        taken, cpu = time.perf_counter() - start, _used() - used
        ended.set()
    load = psutil.getloadavg()[0]
    yield f"720p, {seconds} s: {taken / seconds:.2f} of its running time, load {load:.1f}"
    used = cpu / seconds
    yield f"processor seconds a second of film: {used:.2f}, on two cores {used / 2:.2f}"
    yield f"peak memory, decoder included: {peak[0]:.0f} MB; {result.summary.tracks} tracks"


def plain(reader: PhotoReader) -> Iterator[str]:
    """The same film, every frame through facenet-pytorch and a ViT pipeline, against ours."""
    from tests.bench.stacks import PlainStack  # torch, which ours does without

    seconds, frames = 8, 4
    with tempfile.TemporaryDirectory() as folder:
        path = talking(Path(folder), seconds)
        start = _used()
        VideoReader(reader).read(path)
        ours = (_used() - start) / seconds
        with Video(path, VideoSettings(frame_rate=25)) as video:
            pictures = [frame.photo.pixels for frame, _ in zip(video, range(frames), strict=False)]
    stack = PlainStack()
    stack.read(_jpeg(pictures[0]))
    start = _used()
    for picture in pictures:
        stack.read(_jpeg(picture))
    theirs = 25 * (_used() - start) / frames
    yield (
        f"processor seconds a second of film: every frame by the plain stack {theirs:.1f}, "
        f"ours {ours:.2f}: {theirs / ours:.0f}x"
    )


def _jpeg(pixels: np.ndarray) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "JPEG", quality=95)
    return packed.getvalue()


def _used() -> float:
    times = psutil.Process().cpu_times()
    children = [each.cpu_times() for each in psutil.Process().children()]
    return (
        times.user + times.system + times.children_user + times.children_system
        + sum(each.user + each.system for each in children)
    )  # fmt: skip


def _watch(peak: list[float], ended: threading.Event) -> None:
    me = psutil.Process()
    while not ended.wait(0.05):
        try:
            held = sum(each.memory_info().rss for each in (me, *me.children()))
        except psutil.NoSuchProcess:
            continue
        peak[0] = max(peak[0], held / 1e6)


PARTS: dict[str, Callable[[PhotoReader], Iterator[str]]] = {
    "pooling": pooling,
    "tracking": tracking,
    "shots": shots,
    "speed": speed,
    "plain": plain,
}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser("bench.video")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    asked = parser.parse_args()
    reader = open_reader()
    for part in asked.parts or PARTS:
        for line in PARTS[part](reader):
            print(f"{part}: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
