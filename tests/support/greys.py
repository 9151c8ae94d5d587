"""Data sets of grey pictures that are told from each other by their width."""

import io
from pathlib import Path

import pyarrow as arrow
import pyarrow.parquet as parquet
from PIL import Image


def grey(number: int) -> bytes:
    """A grey one, told from others by its width."""
    packed = io.BytesIO()
    Image.new("RGB", (200 + number, 160), "grey").save(packed, "PNG")
    return packed.getvalue()


def write_parquet(path: Path, numbers: range, struct: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [
        {"bytes": grey(number), "path": f"{number}.png"} if struct else grey(number)
        for number in numbers
    ]
    table = arrow.table({"image": cells, "age": [number % 3 for number in numbers]})
    parquet.write_table(table, path, row_group_size=4)


def width_of(content: bytes) -> int:
    """A picture's number, by its width."""
    return Image.open(io.BytesIO(content)).width - 200
