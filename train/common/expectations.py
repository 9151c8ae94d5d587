"""How many faces there are -> what to expect of them, in sentences, before slow work."""

from face_gender.metrics import wilson
from face_gender.report.rendering import percent

ENOUGH_TO_START = 10_000  # faces; 12,800 views took random weights to 61 %: docs/experiments.md
ENOUGH_TO_CALIBRATE = 500  # faces; below, a temperature is mostly chance
SURE = 0.95  # of the bound on the errors that calibration faces do not show
TYPICAL = 0.9  # an accuracy


def of_test(faces: int) -> str:
    """Test faces -> how exactly they measure an accuracy."""
    low, high = wilson(round(TYPICAL * faces), faces)
    known = f"{percent(low)} to {percent(high)}"
    verb = "measures" if faces == 1 else "measure"
    return f"{counted(faces, 'test')} {verb} an accuracy of {percent(TYPICAL)} as {known}."


def of_training(faces: int, base_model: str) -> str:
    """Training faces, and the checkpoint to start from, if any -> what training may reach."""
    if faces >= ENOUGH_TO_START:
        return f"{counted(faces, 'training')}: enough for any start."
    if base_model:
        return (
            f"{counted(faces, 'training')}: expect little more than {base_model} knows already; "
            "--epochs 0 shows how much that is."
        )
    return (
        f"{counted(faces, 'training')} {are(faces)} too few to start from random weights: below "
        f"{ENOUGH_TO_START:,} expect little better than a guess. Fine-tune instead: "
        "RECIPE=train/recipes/fine-tune.txt, or --base_model."
    )


def of_calibration(faces: int) -> str:
    """Calibration faces -> a sentence if they are too few to calibrate on, else nothing."""
    if faces >= ENOUGH_TO_CALIBRATE:
        return ""
    proven = (1 - SURE) ** (1 / max(1, faces))
    return (
        f"{counted(faces, 'calibration')} {are(faces)} too few to calibrate on: scores stay near "
        f"the network's own, and the threshold is at most {proven:.2f}. "
        f"{ENOUGH_TO_CALIBRATE} are enough."
    )


def counted(faces: int, kind: str) -> str:
    """A count -> `1 test face`, `2 test faces`."""
    return f"{faces:,} {kind} face{'' if faces == 1 else 's'}"


def are(faces: int) -> str:
    """A count -> the verb after it."""
    return "is" if faces == 1 else "are"
