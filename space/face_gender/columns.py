"""The columns of a table of faces; no class of a model may have their names."""

COLUMNS = (
    "photo",
    "status",
    "face",
    "left",
    "top",
    "right",
    "bottom",
    "confidence",
    "label",
)  # then a column a class, with its score, and PROVENANCE
PROVENANCE = (
    "threshold",
    "model",
    "revision",
    "version",
    "date",
)  # who says so, the same in each row
FACE_COLUMNS = COLUMNS[2:]  # of a face in a photo that is known
