"""Pictures with captions -> a contact sheet."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from .files import save_picture

SIDE = 128  # px of a picture
LINE = 13  # px of a caption's line
COLUMNS = 8
SHOWN = 40  # pictures on a sheet

Captioned = tuple[Image.Image, Sequence[str]]  # a picture and its caption's lines


def write_sheet(shown: Iterable[Captioned], path: Path) -> None:
    """Pictures, each with up to three lines of caption -> one picture, at most SHOWN of them."""
    cells = [draw_cell(picture, lines) for picture, lines in islice(shown, SHOWN)]
    rows = max(1, -(-len(cells) // COLUMNS))
    high = SIDE + 3 * LINE
    sheet = Image.new("RGB", (SIDE * COLUMNS, high * rows), "white")
    for place, cell in enumerate(cells):
        sheet.paste(cell, (place % COLUMNS * SIDE, place // COLUMNS * high))
    save_picture(sheet, path)


def draw_cell(picture: Image.Image, lines: Sequence[str]) -> Image.Image:
    """A picture and lines of text -> both, one above the other; a long line loses its start."""
    cell = Image.new("RGB", (SIDE, SIDE + 3 * LINE), "white")
    cell.paste(ImageOps.pad(picture, (SIDE, SIDE), color="white"), (0, 0))
    pen, font = ImageDraw.Draw(cell), ImageFont.load_default(11)
    for number, line in enumerate(lines[:3]):
        pen.text((2, SIDE + number * LINE), fitting(line, font), "#222222", font)
    return cell


def fitting(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """A line -> as much of its end as fits below a picture: names differ at their end."""
    cut = line
    while len(cut) > 1 and font.getlength(cut) > SIDE - 4:
        cut = "…" + cut.lstrip("…")[1:]
    return cut
