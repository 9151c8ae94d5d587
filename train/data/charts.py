"""Splits -> bar charts of classes and groups."""

import re
from pathlib import Path

import pandas
from datasets import ClassLabel, Dataset, DatasetDict
from matplotlib.figure import Figure

from face_gender.runtime.files import atomic_write

from .split_files import LABEL, PHOTO, names_of

MOST_GROUPS = 20  # that a column may have and still be drawn
BINS = 10  # for a column of numbers with more


def count_groups(splits: DatasetDict) -> dict[str, pandas.DataFrame]:
    """Splits -> for the label and each column of few values or numbers: photos by group, split."""
    first = next(iter(splits.values()))
    others = [name for name in first.column_names if name not in (PHOTO, LABEL)]
    counted = {}
    for column in (LABEL, *others):
        values = {name: column_values(split, column) for name, split in splits.items()}
        rows = pandas.concat(values).rename("group").rename_axis(["split", "row"]).reset_index()
        if rows["group"].nunique() > MOST_GROUPS and pandas.api.types.is_numeric_dtype(
            rows["group"]
        ):
            rows["group"] = pandas.cut(rows["group"].astype("float64"), BINS, precision=0)
        rows["group"] = rows["group"].astype("string")
        if 1 < rows["group"].nunique() <= MOST_GROUPS:
            counts = pandas.crosstab(rows["group"], rows["split"]).reindex(
                columns=list(splits), fill_value=0
            )
            counted[column] = counts.loc[sorted(counts.index, key=_in_order)]
    return counted


def column_values(split: Dataset, column: str) -> pandas.Series:
    """A split's column -> its values, classes by name, lists and dicts as text."""
    if isinstance(split.features[column], ClassLabel):
        return pandas.Series(names_of(split, column), dtype="object")
    values = split[column][:]
    if any(isinstance(value, dict | list) for value in values):
        return pandas.Series([str(value) for value in values])
    return pandas.Series(values)


def draw_charts(counted: dict[str, pandas.DataFrame], path: Path) -> None:
    """Counts by column -> one picture: a panel for each column, bars in percent of each split."""
    heights = [1 + 0.2 * counts.size for counts in counted.values()]
    figure = Figure(figsize=(12, 1 + sum(heights)), layout="constrained")
    panels = figure.subplots(len(counted), 1, squeeze=False, height_ratios=heights)[:, 0]
    for panel, (column, counts) in zip(panels, counted.items(), strict=True):
        bars = (100 * counts / counts.sum()).plot.barh(
            ax=panel, width=0.8, colormap="viridis", legend=False
        )
        for drawn, name in zip(bars.containers, counts, strict=True):
            panel.bar_label(drawn, labels=[f" {count:,}" for count in counts[name]], fontsize=7)
        panel.set(xlabel="% of the split", ylabel=column)
        panel.invert_yaxis()
    names = [f"{name} ({count:,})" for name, count in counted[LABEL].sum().items()]
    figure.legend(panels[0].containers, names, loc="outside upper center", ncols=len(names))
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as beside:
        figure.savefig(beside, format="png", dpi=100, metadata={"Software": None})


def _in_order(group: object) -> tuple[float, str]:
    """A group -> its sort key: 3-9 comes before 10-19."""
    number = re.match(r"\D*?(\d+)", str(group))
    return float(number[1]) if number else 0.0, str(group)
