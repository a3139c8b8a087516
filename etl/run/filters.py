"""Values of filters that the API's documentation does not list."""

from collections.abc import Mapping
from difflib import get_close_matches

_LISTED = {
    "entity_type": (
        "user", "department", "role", "role_assignment", "department_membership", "permission",
        "knowledge_slice", "vector_store", "knowledge_grant", "knowledge_composite",
    ),
    "action_type": (
        "created", "updated", "deleted", "invited", "deactivated", "reactivated", "removed",
        "assigned", "unassigned", "reparented", "membership_added", "membership_removed",
    ),
}  # fmt: skip
"""Of the action types the documentation says that there are more."""


def unlisted(filters: Mapping[str, str]) -> list[str]:
    """A warning for each value that is not listed, with the nearest that is."""
    found = []
    for name, value in filters.items():
        listed = _LISTED.get(name)
        if listed is None or value in listed:
            continue
        near = get_close_matches(value, listed, 1)
        hint = f"did you mean {near[0]}?" if near else f"it lists {', '.join(listed)}"
        text = f"ETL_{name.upper()}: {value!r} is not a value that the API documents; {hint}"
        found.append(text)
    return found
