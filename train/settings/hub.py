"""Settings of what goes to the Hub."""

from dataclasses import dataclass

from .base import FROM_0, Settings, setting


@dataclass(frozen=True)
class PublishSettings(Settings):
    """Model folder -> Hub."""

    to: str = setting("", "user/name of the model on the Hub")
    folder: str = setting("space/model", "model folder to publish")
    anyway: bool = setting(False, "publish a model that `evaluate` found no better than a guess")
    tag: str = setting("", "tag of the commit on the Hub; empty: v and this version")
    private: bool = setting(False, "create the model's repository as a private one")
    pr: bool = setting(False, "open a pull request in place of a commit; it gets no tag")
    dry_run: bool = setting(False, "check and show what would be uploaded, but upload nothing")


@dataclass(frozen=True)
class PublishDataSettings(Settings):
    """Crops -> Hub."""

    to: str = setting("", "user/name of the data set on the Hub")
    licence: str = setting(
        "",
        "licence of photos without one in a `licence` column, as the Hub names it (cc-by-4.0)",
    )
    source: str = setting("", "source of photos without one in a `source` column, for the card")
    file_names: bool = setting(False, "also publish the column `file`, the original file names")
    dry_run: bool = setting(False, "check and show what would be uploaded, but upload nothing")


@dataclass(frozen=True)
class DeploySettings(Settings):
    """The folder space/ -> a running Space."""

    to: str = setting("", "user/name of the Space on the Hub")
    model_id: str = setting("", "user/name of the model that the Space loads")
    model_revision: str = setting("", "the model's tag or commit; never a branch, which moves")
    wait: float = setting(900.0, "s, the longest the Space may take to build and start", FROM_0)
    dry_run: bool = setting(False, "check and show what would be uploaded, but upload nothing")
