"""What every stage shares: how a setting is written, and where a run lies."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def setting(default: Any, help: str) -> Any:
    """A dataclass field with its help text."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class RunSettings:
    """Where everything of one run lies, and what it starts from."""

    out: str = setting("runs/default", "folder of the run; each stage writes a folder of its own in it")
    seed: int = setting(0, "of splits, weights and augmentation")

    def folder(self, stage: str) -> Path:
        """A stage's name -> its folder."""
        return Path(self.out) / stage
