"""What a network is made from, as its `config.json` says: names, licences, data.

`origin` lists every source, the oldest first, and `trained_on` names the
run's own data. A source has a `name`, a `licence` if that is known, and perhaps `data`,
`data_licence`, `attribution`, `read_from` and `role`: `base`, `averaged` or `teacher`.
"""

from pathlib import Path
from typing import Any

Source = dict[str, str]
UNNAMED = "an unnamed checkpoint"


def public_name(data: str) -> str:
    """Data as a flag names it -> its name on the Hub, or the last part of a path."""
    return Path(data).resolve().name if data and Path(data).exists() else data


def read_origin(config: dict[str, Any]) -> list[Source]:
    """A model's `config.json` -> its sources, the oldest first; older ones name but one."""
    found = config.get("origin") or []
    return [found] if isinstance(found, dict) else list(found)
