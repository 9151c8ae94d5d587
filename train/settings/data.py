"""Settings of the stages from addresses to crops."""

from dataclasses import dataclass

from face_gender.fingerprints import NEAR

from .base import ABOVE_0, FROM_0, FROM_1, Range, Settings, setting


@dataclass(frozen=True)
class CollectSettings(Settings):
    """Addresses -> collected pictures."""

    addresses: str = setting(
        "",
        "file with one address per line, or a CSV with a `url` column; other columns are kept",
    )
    source: str = setting("", "where the addresses come from; a `source` column in the CSV wins")
    licence: str = setting("", "licence of the pictures; a `licence` column in the CSV wins")
    contact: str = setting(
        "", "your email or web page; every request includes it so that site owners can reach you"
    )
    max_megabytes: float = setting(20.0, "MB, the largest picture to download", ABOVE_0)
    max_seconds: float = setting(60.0, "s, the longest a download may take", ABOVE_0)
    tries: int = setting(
        4,
        "tries per address if it fails temporarily: cut off, slow, busy (429) or broken (5xx)",
        FROM_1,
    )
    backoff: float = setting(
        2.0,
        "s before the second try, doubled for each later try; a server's Retry-After wins",
        FROM_0,
    )
    patience: float = setting(
        120.0, "s, the longest wait between tries; longer waits are left for the next run", FROM_0
    )
    pause: float = setting(
        1.0, "s between two requests to a site, unless its robots.txt asks for more", FROM_0
    )
    sites: int = setting(
        8, "sites to download from at the same time, with one request at a time to each", FROM_1
    )


@dataclass(frozen=True)
class AnnotateSettings(Settings):
    """Unlabelled pictures -> labelled ones, by people in a browser."""

    pictures: str = setting(
        "", "folder of pictures, or CSV with an `image` column; empty: what `collect` wrote"
    )
    annotator: str = setting(
        "", "your name or initials; each annotator has their own file of answers"
    )
    answers: str = setting(
        "Female,Male", "classes to choose from; the first letter of each is its key"
    )
    settle: bool = setting(
        False, "show only what annotators disagree on, with who said what; your answer holds"
    )
    port: int = setting(7861, "port of the page on this machine", Range(1, 65535))


@dataclass(frozen=True)
class DataSettings(Settings):
    """Raw data -> clean data."""

    data: str = setting(
        "HuggingFaceM4/FairFace",
        "data set on the Hub, folder (parquet, class folders, UTKFace, CelebA) or CSV",
    )
    data_config: str = setting(
        "", "configuration of the Hub data set, such as 0.25 for FairFace's margin"
    )
    data_revision: str = setting(
        "", "commit or tag of the Hub data set; pin it so that the data stay the same"
    )
    photo_column: str = setting(
        "image", "column of the photo; in a CSV, its path relative to the CSV's folder"
    )
    label_column: str = setting(
        "gender", "column of the class; class folders, UTKFace and CelebA need none"
    )
    identity_column: str = setting(
        "identity", "column that identifies people, if any: keeps each person in one split"
    )
    classes: str = setting(
        "",
        "label=class pairs, such as f=Female,m=Male; other labels are dropped",
    )
    train_split: str = setting("train", "the source's split to train on")
    test_split: str = setting(
        "",
        "the source's split to test on; empty: `test`, or `validation` if there is no test",
    )
    manifest: str = setting(
        "", "file that lists each face and its split, such as train/recipes/fairface.parquet"
    )
    holdout: float = setting(
        0.0,
        "share of train to keep apart as a second test, by a hash of each photo's name",
        Range(0, 0.5),
    )
    selection: int = setting(
        2000,
        "faces to hold out from train for choosing settings, unless the source has a validation "
        "split beside its test; at most a sixth of train",
        FROM_1,
    )
    calibration: int = setting(
        2000, "faces to hold out from train for temperature and threshold; at most a sixth", FROM_1
    )
    test: int = setting(
        2000,
        "faces to hold out as the test if the source has only one split; at most a sixth",
        FROM_1,
    )
    smallest_photo: int = setting(32, "px, shorter side of the smallest photo to keep", FROM_1)
    near: int = setting(
        NEAR,
        "most bits, of 256, that differ in near duplicates' hashes; other people's differ in 27",
        Range(-1, 256),
    )
    sample: int = setting(0, "faces to keep of each split, for a quick look; 0 keeps all", FROM_0)


@dataclass(frozen=True)
class CropSettings(Settings):
    """Clean data -> crops, a little wider than serving's, so that jitter has real pixels."""

    crop_size: int = setting(96, "px, side of the crop that the model sees", Range(8, 1024))
    margin: float | None = setting(
        None,
        "margin on each side, as a share of the face box's longer side; without it the base "
        "model's, or 0",
        Range(0, 2),
    )
    room: float = setting(
        1.25, "side of the stored crop divided by the side of the model's crop", Range(1, 4)
    )

    @property
    def stored_size(self) -> int:
        """Side of the stored crop, in px."""
        return round(self.crop_size * self.room)

    @property
    def margin_used(self) -> float:
        """The margin; 0 if none is given."""
        return self.margin or 0.0

    @property
    def stored_margin(self) -> float:
        """Margin of the stored crop, whose central crop_size px are exactly the serving crop."""
        return ((1 + 2 * self.margin_used) * self.stored_size / self.crop_size - 1) / 2
