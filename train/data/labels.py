"""Labels as sources spell them -> classes: `male`, `Male` and `Male ` are one."""

from collections import Counter
from collections.abc import Iterable

from ..common.errors import StageError


def read_renames(classes: str) -> dict[str, str]:
    """`label=class`, comma between -> class by label. Raises StageError."""
    pairs = (
        [[word.strip() for word in pair.split("=")] for pair in classes.split(",")]
        if classes
        else []
    )
    if not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise StageError(
            f"--classes takes label=class, comma between, such as f=Female,m=Male, not {classes}."
        )
    return {label: name for label, name in pairs}


def renames_of(words: Iterable[str | None], classes: str) -> dict[str, str]:
    """All labels of a source -> the class of each; those that `classes` does not name have none.

    Without `classes`, spellings of one word are one class, by its commonest; it prints which.
    """
    counts = Counter(word for word in words if word is not None and word.strip())
    renamed = read_renames(classes)
    if renamed:
        by_word = {fold(label): name for label, name in renamed.items()}
        return {
            word: renamed[word] if word in renamed else by_word[fold(word)]
            for word in counts
            if word in renamed or fold(word) in by_word
        }
    spellings: dict[str, list[str]] = {}
    for word, _ in counts.most_common():
        spellings.setdefault(fold(word), []).append(word)
    for found in spellings.values():
        if len(found) > 1:
            named = ", ".join(f"{word!r} ({counts[word]:,})" for word in found)
            print(
                f"labels {named} are one class, {found[0].strip()!r}; --classes can separate them"
            )
    return {word: found[0].strip() for found in spellings.values() for word in found}


def fold(word: str) -> str:
    """A label -> what all its spellings share."""
    return " ".join(word.split()).casefold()
