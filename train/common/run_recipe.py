"""The settings of a run's finished stages -> its `recipe.txt`, which repeats it with `--recipe`."""

import shlex
from collections.abc import Iterator
from typing import Any

from face_gender.runtime.files import write_text
from face_gender.runtime.texts import read_text

from ..settings import ALL, RunSettings, parts_of, values_of

RECIPE = "recipe.txt"
HEAD = """# Every setting of the stages that made this run, on this data: give it back with --recipe
# and another --out. For other data, take a recipe of train/recipes.
"""


def keep_recipe(run: RunSettings, *settings: Any) -> None:
    """Write a stage's settings into the run's recipe, beside those of other stages."""
    path = run.folder(RECIPE)
    kept = dict(words_by_flag(shlex.split(read_text(path), comments=True)) if path.exists() else [])
    values = {name: value for part in (run, *settings) for name, value in values_of(part).items()}
    kept |= {name: words_of(name, value) for name, value in values.items()}
    write_text(path, HEAD + "".join(lines_of(kept)))


def words_by_flag(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """A recipe's words -> the words of each flag, by its name."""
    starts = [place for place, word in enumerate(words) if word.startswith("--")]
    for start, end in zip(starts, [*starts[1:], len(words)], strict=True):
        yield words[start][2:].split("=")[0], words[start:end]


def words_of(name: str, value: Any) -> list[str]:
    """A flag and its value -> its words; none where no words say it: an empty list, or None."""
    if value is None:
        return []
    values = [str(each) for each in value] if isinstance(value, list) else [str(value)]
    if len(values) == 1:
        return [f"--{name}={values[0]}"]  # so that a value may start with a dash
    return [f"--{name}", *values] if values else []


def lines_of(kept: dict[str, list[str]]) -> Iterator[str]:
    """Words by flag -> a recipe's lines, by concern; a run's folder is not part of its recipe."""
    for kind in (part for bundle in ALL for part in parts_of(bundle)):
        names = [name for name in values_of(kind()) if kept.get(name) and name != "out"]
        if names:
            yield f"\n# {kind._argument_group_name}\n"
        yield from (shlex.join(kept[name]) + "\n" for name in names)
