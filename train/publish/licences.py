"""Licences of a model's sources and data -> the licence of its weights."""

import re
from collections.abc import Iterable, Mapping

OURS = "apache-2.0"  # what the project adds, and the weights if nothing asks for more
UNKNOWN = "unknown"  # the Hub's word for it
OTHER = "other"
NAMES = {
    "cc0": "cc0-1.0",
    "public-domain": "pddl",
    "pd": "pddl",
}  # other names -> the Hub's
# From the least to the most that a licence asks of who uses the weights.
ASKS = (
    r"cc0-1\.0|pddl|unlicense|wtfpl",
    r"apache-2\.0|mit|isc|bsd(-\w+)*|cc-by-[1-4]\.[05]|odc-by|cdla-permissive-[12]\.0|bsl-1\.0",
    r"(a|l)?gpl(-\d\.\d)?|mpl-2\.0|cc-by-sa-[1-4]\.[05]|odbl|cdla-sharing-1\.0",
    r"cc-by-nc(-sa)?-[1-4]\.[05]",
    r"cc-by(-nc)?-nd-[1-4]\.[05]",
)
FREE = 1  # the last of these that only asks to be named


def name_licence(licence: str) -> str:
    """A licence as people write it (`CC BY 4.0`) -> as the Hub does (`cc-by-4.0`)."""
    name = re.sub(r"[\s_]+", "-", licence.strip().lower())
    return NAMES.get(name, name)


def strictest_in(text: str) -> tuple[int, str] | None:
    """A licence as people write it -> its place in ASKS and its name; None for an unknown one.

    Of several in one text the strictest counts.
    """
    words = [name_licence(text), *map(name_licence, re.split(r"[,;:\s]+", text))]
    found = [
        (level, word)
        for word in words
        for level, pattern in enumerate(ASKS)
        if re.fullmatch(pattern, word)
    ]
    return max(found, default=None)


def weights_licence(licences: Iterable[str]) -> str:
    """Licences of everything that went into the weights -> theirs, as the Hub names it.

    The strictest wins; `unknown` if one is not known, `other` if several are equally strict.
    """
    found = [strictest_in(part) for text in licences for part in text.split(", ")]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return UNKNOWN
    top = max((level for level, _ in known), default=0)
    strictest = {name for level, name in known if level == top}
    if top <= FREE:
        return OURS
    return strictest.pop() if len(strictest) == 1 else OTHER


def why(licence: str, asked: Mapping[str, str]) -> str:
    """The weights' licence, and by name what each source asks -> where it comes from, in words."""
    if licence == UNKNOWN:
        missing = [name for name, asks in asked.items() if weights_licence([asks]) == UNKNOWN]
        return f"unknown, because the licence of {' and of '.join(missing)} is."
    if licence == OURS:
        return f"{licence}."
    strict = [f"{name} ({asks})" for name, asks in asked.items() if weights_licence([asks]) != OURS]
    return f"{licence}, as {' and '.join(strict)} asks for."
