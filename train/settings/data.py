"""Settings from addresses to crops."""

from dataclasses import dataclass

from .base import Settings, setting


@dataclass(frozen=True)
class CollectSettings(Settings):
    """Addresses -> collected pictures."""

    addresses: str = setting("", "file with an address a line, or a CSV with a column `url` and any others, which are kept")
    source: str = setting("", "where the addresses are from; a CSV's own column `source` wins")
    licence: str = setting("", "of the pictures; a CSV's own column `licence` wins")
    contact: str = setting("", "address or page by which a site's owner reaches you; sent with every request")
    max_megabytes: float = setting(20.0, "MB, of one picture; a larger one is given up")
    max_seconds: float = setting(60.0, "s, of one download from first to last byte")
    tries: int = setting(4, "of an address that fails for the moment: cut, slow, busy (429) or broken (5xx)")
    backoff: float = setting(2.0, "s before the second try, doubled for each further one; a server's Retry-After is obeyed")
    patience: float = setting(
        120.0, "s, the longest wait between two tries; a server that asks for more waits for the next run"
    )
    pause: float = setting(1.0, "s between two requests to one site, or what its robots.txt asks for")
    sites: int = setting(8, "sites that are asked at the same time; each by one request at a time")


@dataclass(frozen=True)
class LabelSettings(Settings):
    """Unlabelled pictures -> labelled ones, by a person in a browser."""

    pictures: str = setting("", "folder of pictures or CSV with a column `image`; empty: what `collect` wrote")
    annotator: str = setting("", "name or initials of who answers; each has a file of answers")
    answers: str = setting("Female,Male", "classes to choose from; the key of each is its first letter")
    port: int = setting(7861, "of the page on this machine")


@dataclass(frozen=True)
class DataSettings(Settings):
    """Raw data -> clean data."""

    data: str = setting(
        "HuggingFaceM4/FairFace",
        "data set's name on the Hub; or a folder of parquet files, class folders, UTKFace or CelebA; or a CSV",
    )
    data_config: str = setting("", "the Hub data set's configuration, such as 0.25 for FairFace's margin")
    data_revision: str = setting("", "the Hub data set's commit or tag; pin it, so that the data stay the same")
    photo_column: str = setting("image", "column that holds the photo; in a CSV its path, from the CSV's folder")
    label_column: str = setting("gender", "column that holds the class; class folders, UTKFace and CelebA need none")
    identity_column: str = setting("identity", "column that tells people apart, where there is one: nobody is in two parts")
    classes: str = setting("", "source's label=class, comma between, such as f=Female,m=Male; labels not named are dropped")
    train_split: str = setting("train", "the source's split to train on")
    test_split: str = setting("validation", "the source's held-out split: taken whole as the test, never chosen on")
    selection: int = setting(2000, "faces carved out of train to choose settings on; at most a sixth of it")
    calibration: int = setting(2000, "faces carved out of train for temperature and threshold; at most a sixth of it")
    test: int = setting(2000, "faces carved out as the test where the source has one split only; at most a sixth of it")
    smallest_photo: int = setting(32, "px, shorter side of the smallest picture that is kept")
    near: int = setting(24, "bits of 256 by which hashes of near duplicates differ at most; other people differ by 27 or more")
    sample: int = setting(0, "keep this many faces of each split, for a quick look; 0 keeps all")


@dataclass(frozen=True)
class CropSettings(Settings):
    """Clean data -> crops, a little wider than serving's, so that jitter has real pixels."""

    crop_size: int = setting(96, "px, side of the crop that the model sees")
    margin: float = setting(0.0, "of the face box's longer side, added on each side")
    room: float = setting(1.25, "side of the stored crop over that of the crop that the model sees")

    @property
    def stored_size(self) -> int:
        """Side of the stored crop, in px."""
        return round(self.crop_size * self.room)

    @property
    def stored_margin(self) -> float:
        """Margin of the stored crop: its centre of crop_size px is the serving crop, to the pixel."""
        return ((1 + 2 * self.margin) * self.stored_size / self.crop_size - 1) / 2
