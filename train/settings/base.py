"""How to declare, bundle and change settings, and where a run's folders are."""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from math import inf, isfinite
from pathlib import Path
from typing import Any, TypeVar


@dataclass(frozen=True)
class Range:
    """The numbers that a setting takes, all of them finite."""

    least: float = -inf
    most: float = inf
    above: float = -inf
    below: float = inf

    def __contains__(self, value: float) -> bool:
        """Whether a setting takes this number."""
        inside = self.least <= value <= self.most and self.above < value < self.below
        return inside and isfinite(value)

    def __str__(self) -> str:
        """The range in words, such as `at least 0 and below 1`."""
        ends = {
            "at least": self.least,
            "above": self.above,
            "at most": self.most,
            "below": self.below,
        }
        return " and ".join(f"{words} {end}" for words, end in ends.items() if isfinite(end))


FROM_0, FROM_1, ABOVE_0 = Range(least=0), Range(least=1), Range(above=0)
UNIT, BELOW_1 = Range(least=0, most=1), Range(least=0, below=1)


class Help(str):
    """A number's help text, with its range: argparse accepts no other word about a flag."""

    takes: Range

    def __new__(cls, text: str, takes: Range) -> "Help":
        """Text and range -> the text that has both."""
        made = super().__new__(cls, text)
        made.takes = takes
        return made


def setting(default: Any, help: str, takes: Range | None = None) -> Any:
    """A dataclass field with its help text, and for a number the range that it takes."""
    return field(default=default, metadata={"help": Help(help, takes) if takes else help})


class Settings:
    """Settings of one concern; `--help` lists its flags under the class's name."""

    _argument_group_name: str  # HfArgumentParser reads this

    def __init_subclass__(cls) -> None:
        """Name the group of flags: `DataSettings` is `data`."""
        cls._argument_group_name = cls.__name__.removesuffix("Settings").lower()

    def __post_init__(self) -> None:
        """Raises ValueError if a number is out of its range."""
        for each in fields(self):  # type: ignore[arg-type]
            help, value = each.metadata["help"], getattr(self, each.name)
            if isinstance(help, Help) and value is not None and value not in help.takes:
                kind = "" if isfinite(value) else "finite and "
                raise ValueError(f"--{each.name} should be {kind}{help.takes}, got {value}")


Kind = TypeVar("Kind", bound=Settings)


def parts_of(kind: type[Any]) -> tuple[type[Any], ...]:
    """A settings class -> the classes that it bundles, or itself if it bundles none."""
    inner = tuple(each.type for each in fields(kind) if is_dataclass(each.type))
    return inner or (kind,)  # type: ignore[return-value]


def values_of(settings: Any) -> dict[str, Any]:
    """Settings -> their values by flag, in one flat dictionary even for a bundle."""
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    if parts_of(type(settings)) == (type(settings),):
        return values
    return {name: value for part in values.values() for name, value in values_of(part).items()}


def with_values(settings: Kind, **values: Any) -> Kind:
    """Settings, with new values by flag. Raises TypeError for an unknown flag."""
    if parts_of(type(settings)) == (type(settings),):
        return replace(settings, **values)  # type: ignore[type-var]
    unknown = values.keys() - values_of(settings).keys()
    if unknown:
        raise TypeError(f"{type(settings).__name__} has no {', '.join(sorted(unknown))}.")
    parts = {}
    for each in fields(settings):  # type: ignore[arg-type]
        part = getattr(settings, each.name)
        own = {name: value for name, value in values.items() if name in values_of(part)}
        parts[each.name] = with_values(part, **own)
    return replace(settings, **parts)  # type: ignore[type-var]


@dataclass(frozen=True)
class RunSettings(Settings):
    """Where a run's files are, and its seed."""

    out: str = setting("runs/default", "folder for the run; each stage writes its own folder in it")
    seed: int = setting(0, "seed for splits, weights and augmentation", Range(0, 2**32 - 1))

    def folder(self, stage: str) -> Path:
        """A stage's name -> its folder."""
        return Path(self.out) / stage
