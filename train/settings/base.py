"""How to declare, bundle and change settings, and where a run's folders are."""

from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar


def setting(default: Any, help: str) -> Any:
    """A dataclass field with its help text."""
    return field(default=default, metadata={"help": help})


class Settings:
    """Settings of one concern; `--help` lists its flags under the class's name."""

    _argument_group_name: str  # HfArgumentParser reads this

    def __init_subclass__(cls) -> None:
        """Name the group of flags: `DataSettings` is `data`."""
        cls._argument_group_name = cls.__name__.removesuffix("Settings").lower()


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
    seed: int = setting(0, "seed for splits, weights and augmentation")

    def folder(self, stage: str) -> Path:
        """A stage's name -> its folder."""
        return Path(self.out) / stage
