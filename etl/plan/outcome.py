"""What becomes of the walk of an open window."""

from collections.abc import Generator
from enum import Enum, auto
from typing import Any

from etl.plan.model import Ask


class Outcome(Enum):
    PROVEN = auto()
    BULKY = auto()  # too much is missing to fetch it one page after the other
    CONTRADICTED = auto()  # what is known and what is stated do not fit together
    CAPPED = auto()  # `total` is only a lower bound
    UNSURE = auto()  # the counts may agree, but not surely over the same days


Steps = Generator[Ask, Any, Outcome]
