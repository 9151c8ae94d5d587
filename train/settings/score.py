"""Settings of scoring in bulk."""

from dataclasses import dataclass

from .base import Settings, setting


@dataclass(frozen=True)
class ScoreSettings(Settings):
    """A data set of any size -> a table of results, and a report."""

    data: str = setting(
        "",
        "folder or file of parquet, tars or pictures; a CSV of paths; a data set's name on the Hub; or an address (s3://...)",
    )
    out: str = setting("", "folder of the table, which every machine of a cluster sees under this name")
    model: str = setting("", "folder or Hub name; empty: the bundled one")
    revision: str = setting("", "the Hub model's tag or commit; pin it, so that every worker loads the same")
    photo_column: str = setting("image", "of parquet or a CSV: bytes, a path, base64, or a struct of `bytes` and `path`")
    keep: str = setting("", "columns to keep for the report, comma between: of parquet any; `folder` of pictures and tars")
    ready: bool = setting(False, "the pictures are crops of faces already: score them as they are, look for nothing")
    piece: int = setting(500, "photos a worker takes at a time, and loses at most when it is killed; a tar is one piece")
    workers: int = setting(0, "at most; 0 for one a core")
    cluster: str = setting("", "address of a running Ray cluster, or auto; empty: this machine alone")
