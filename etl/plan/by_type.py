"""A day that is too large for the API's paging, split by the type filters."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

from etl.plan.learned import Learned
from etl.plan.model import Ask, Count, Counted, Known
from etl.plan.ranges import Difference, Range

ENTITY_TYPES = (
    "user", "department", "role", "role_assignment", "department_membership", "permission",
    "knowledge_slice", "vector_store", "knowledge_grant", "knowledge_composite",
)  # fmt: skip
ACTION_TYPES = (
    "created", "updated", "deleted", "invited", "deactivated", "reactivated", "removed",
    "assigned", "unassigned", "reparented", "membership_added", "membership_removed",
)  # fmt: skip
"""The values on the endpoint's page. It says "and more", so a sum over them is checked."""


def types_of(day: Range, learned: Learned) -> tuple[Range, ...]:
    """A day by the published types; by none that the stream has a filter of its own for."""
    filtered = learned.state.filtered
    if day.entity_type is None and "entity_type" not in filtered:
        return tuple(replace(day, entity_type=value) for value in ENTITY_TYPES)
    if day.action_type is None and "action_type" not in filtered:
        return tuple(replace(day, action_type=value) for value in ACTION_TYPES)
    return ()


def lacking_parts(parts: tuple[Range, ...]) -> Generator[Ask, Any, list[Difference]]:
    """The parts whose counts differ."""
    lacking: list[Difference] = []
    for part in parts:
        there: Counted = yield Count(part)
        here: int = yield Known(part)
        if there.total != here:
            lacking.append(Difference(part, there.total, here))
    return lacking
