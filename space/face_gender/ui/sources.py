"""Where everything comes from, and how to cite it: shown on the About tab."""

import os

from ..model_folder import BUNDLED
from ..reader import PhotoReader
from ..settings import VERSION

HUB = "https://huggingface.co"
FAIRFACE = (
    "https://openaccess.thecvf.com/content/WACV2021/html/Karkkainen_FairFace_Face_Attribute_"
    "Dataset_for_Balanced_Race_Gender_and_Age_WACV_2021_paper.html"
)
EXAMPLES = (
    "Portraits in the public domain, as packages ship them: Eileen Collins (NASA, from "
    "scikit-image), Barack Obama (the White House, from face_recognition) and Grace "
    "Hopper (US Navy, from Matplotlib). The blurred, the turned and the group photo are made from "
    "them. The cat is Chelsea, by Stéfan van der Walt (CC0, from scikit-image)."
)
BIBTEX = f"""\
@software{{perceived_gender_of_faces,
  title   = {{Perceived gender of faces}},
  version = {{{VERSION}}},
  url     = {{SPACE}}
}}

@inproceedings{{karkkainen2021fairface,
  title     = {{FairFace: Face Attribute Dataset for Balanced Race, Gender, and Age for Bias
               Measurement and Mitigation}},
  author    = {{K{{\\"a}}rkk{{\\"a}}inen, Kimmo and Joo, Jungseock}},
  booktitle = {{Proceedings of the IEEE/CVF Winter Conference on Applications of Computer Vision}},
  pages     = {{1548--1558}},
  year      = {{2021}}
}}
"""

Row = tuple[str, str, list[tuple[str, str]]]  # a name, a sentence, and (title, address) of links


def rows(reader: PhotoReader) -> list[Row]:
    """A reader -> what it is made of, who made that, under which licence, and where it is."""
    space = os.environ.get("SPACE_ID", "")  # set by Hugging Face where this runs as a Space
    code = f"{HUB}/spaces/{space}/tree/main"
    return [
        _model(reader, space),
        (
            "Data set",
            "FairFace, by Kimmo Kärkkäinen and Jungseock Joo; CC BY 4.0. The bundled model is "
            "trained and measured on it.",
            [("data", f"{HUB}/datasets/HuggingFaceM4/FairFace"), ("paper", FAIRFACE)],
        ),
        (
            "Detector",
            "MTCNN, by Kaipeng Zhang and others; weights of facenet-pytorch, MIT.",
            [("paper", "https://arxiv.org/abs/1604.02878")],
        ),
        (
            "Network",
            "A Vision Transformer, by Alexey Dosovitskiy and others.",
            [("paper", "https://arxiv.org/abs/2010.11929")],
        ),
        ("Code", f"Version {VERSION}, Apache-2.0.", [("code", code)] if space else []),
        (
            "Contact",
            "Questions, mistakes and harm: the discussions of this Space."
            if space
            else "Questions, mistakes and harm: whoever runs this server.",
            [("discussions", f"{HUB}/spaces/{space}/discussions")] if space else [],
        ),
    ]


def _model(reader: PhotoReader, space: str) -> Row:
    cards = {BUNDLED: f"{HUB}/spaces/{space}/blob/main/model/README.md"} if space else {}
    if "/" in reader.model:  # on the Hub
        cards = {reader.model: f"{HUB}/{reader.model}/blob/{reader.revision}/README.md"}
    card = cards.get(reader.model)
    said = f"{reader.model}, revision {reader.revision}; this is version {VERSION}."
    return "Model", said, [("card", card)] if card else []
