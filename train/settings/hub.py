"""Settings of what goes to the Hub."""

from dataclasses import dataclass

from .base import Settings, setting


@dataclass(frozen=True)
class PublishSettings(Settings):
    """Model folder -> Hub."""

    to: str = setting("", "user/name of the model on the Hub")
    folder: str = setting("space/model", "model folder that is published")
    dry_run: bool = setting(False, "check and show, upload nothing")


@dataclass(frozen=True)
class PublishDataSettings(Settings):
    """Crops -> Hub."""

    to: str = setting("", "user/name of the data set on the Hub")
    licence: str = setting("", "of every photo, as the Hub names it (cc-by-4.0), where the data has no column `licence`")
    source: str = setting("", "where the photos come from, for the card, where the data has no column `source`")
    dry_run: bool = setting(False, "check and show, upload nothing")


@dataclass(frozen=True)
class DeploySettings(Settings):
    """The folder space/ -> a running Space."""

    to: str = setting("", "user/name of the Space on the Hub")
    model_id: str = setting("", "user/name of the model that the Space pulls")
    model_revision: str = setting("", "the model's tag or commit; never a branch, which moves")
    wait: float = setting(900.0, "seconds that the Space may take to build and start")
    dry_run: bool = setting(False, "check and show, upload nothing")
