"""Settings of scoring in bulk."""

from dataclasses import dataclass

from .base import FROM_0, FROM_1, Settings, setting


@dataclass(frozen=True)
class ScoreSettings(Settings):
    """A data set of any size -> a table of results and a report."""

    data: str = setting(
        "",
        "folder, file, CSV of paths, data set on the Hub, or address (s3://...)",
    )
    out: str = setting(
        "", "folder for the table; every machine of a cluster must see it under this path"
    )
    model: str = setting("", "folder or Hub name; empty: the bundled model")
    revision: str = setting(
        "", "tag or commit of the Hub model; pin it so that every worker loads the same"
    )
    photo_column: str = setting(
        "image", "column of the photo: bytes, path, base64, or a struct of `bytes` and `path`"
    )
    keep: str = setting(
        "",
        "columns to keep for the report, comma-separated; `folder` for pictures and tars",
    )
    ready: bool = setting(False, "the pictures are already face crops: score them as they are")
    piece: int = setting(
        500,
        "photos in one piece of work, the most a killed worker loses; a tar is one piece",
        FROM_1,
    )
    workers: int = setting(0, "most workers to run; 0 for one per core", FROM_0)
    cluster: str = setting(
        "", "address of a running Ray cluster, or auto; empty: this machine only"
    )
