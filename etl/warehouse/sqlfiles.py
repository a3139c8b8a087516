"""The files of `sql/`, from the checkout or from the installed package."""

import re
from functools import cache
from pathlib import Path

_PACKAGED = Path(__file__).parent.parent / "sql"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parents[2] / "sql"


@cache
def text(name: str) -> str:
    """The text of one file, named relative to `sql/` (`"load/new.sql"`)."""
    return (ROOT / name).read_text(encoding="utf-8")


def filled(text: str, **parts: str) -> str:
    """A text with each `{name}` replaced by that part, and what is in the parts left as it is."""
    return re.sub(r"\{(\w+)\}", lambda found: parts.get(found[1], found[0]), text)


def in_order(folder: Path) -> list[Path]:
    """The `.sql` files of a folder in name order; none where there is no such folder."""
    return sorted(folder.glob("*.sql")) if folder.is_dir() else []
