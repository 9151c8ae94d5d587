"""Result -> the photo with its faces numbered and coloured by decision."""

from PIL import Image, ImageDraw, ImageFont

from ..model_folder import UNCERTAIN
from ..result import Result

# Okabe and Ito's colours, for colour-blind people too; never pink and blue for a perceived gender.
COLOURS = ("#E69F00", "#009E73", "#F0E442", "#D55E00")
GREY = "#BBBBBB"


def colour_of(label: str, labels: tuple[str, ...]) -> str:
    """A decision -> its colour, the same in every picture, table and chart."""
    return GREY if label == UNCERTAIN else COLOURS[labels.index(label) % len(COLOURS)]


def draw_result(result: Result, side: int = 1024) -> Image.Image:
    """The photo, shrunk to `side` px on its longer side, with a numbered box around each face."""
    picture = Image.fromarray(result.photo.pixels)
    picture.thumbnail((side, side))
    shrink = picture.width / result.photo.width
    pen = ImageDraw.Draw(picture)
    line = max(2, max(picture.size) // 250)
    font = ImageFont.load_default(max(12, max(picture.size) // 40))
    for number, scored in enumerate(result.faces, start=1):
        box = tuple(edge * shrink for edge in scored.face.box)
        colour = colour_of(scored.label, result.labels)
        pen.rectangle(
            tuple(edge + by for edge, by in zip(box, (-1, -1, 1, 1), strict=True)),
            outline="black",
            width=line + 2,
        )
        pen.rectangle(box, outline=colour, width=line)
        tag = pen.textbbox((box[0] + line, box[1] + line), str(number), font=font)
        pen.rectangle((box[0], box[1], tag[2] + line, tag[3] + line), fill=colour)
        pen.text((box[0] + line, box[1] + line), str(number), font=font, fill="black")
    return picture
