"""Settings and faces of a run -> what speaks against them, before slow work."""

from transformers import PreTrainedModel

from ..common import expectations
from ..common.distributed import processes, share_of_batch
from ..common.errors import StageError
from ..settings import ArchitectureSettings, CropSettings, FitSettings
from .teacher import teacher_order


def check_views(settings: FitSettings) -> None:
    """Raises StageError if a process's share of a batch does not hold each face's views."""
    batch, views = settings.optimizer.batch_size, settings.loss.views
    if share_of_batch(batch, processes().num_processes) % views:
        raise StageError(
            f"A batch of {batch} does not divide into {views} views of each face: "
            "change --batch_size."
        )


def check_patches(settings: ArchitectureSettings, crop: CropSettings) -> None:
    """Raises StageError if a patch of our own ViT is larger than the crop."""
    ours = settings.network == "vit" and not settings.base_model
    if ours and settings.patch_size > crop.crop_size:
        raise StageError(
            f"--patch_size should be at most --crop_size {crop.crop_size}, "
            f"got {settings.patch_size}."
        )


def check_teachers(model: PreTrainedModel, settings: FitSettings) -> None:
    """Raises StageError if a teacher cannot be opened or knows other classes."""
    for name in settings.distillation.teacher:
        teacher_order(name, list(model.config.id2label.values()))


def say_expected(faces: int, calibration: int, settings: FitSettings) -> None:
    """Counts of faces to train and calibrate on -> what to expect of them, on the screen."""
    base = settings.architecture.base_model
    if settings.schedule.epochs:
        print(expectations.of_training(faces, base))
    else:
        print(f"--epochs 0 trains nothing: the model is {base}, calibrated on your faces.")
    if said := expectations.of_calibration(calibration):
        print(said)
