"""What the user reads about settings that are invalid, or that are none."""

import logging
import os
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic_core import ErrorDetails

from etl.errors import ConfigurationError, EtlError, UsageError
from etl.setting_types import PREFIX, Variable

ENV_FILE = ".env"

# Its messages do not name the file, and come once for each time that it is read.
logging.getLogger("dotenv").setLevel(logging.ERROR)

_LONGEST = 80
"""Longer values are not repeated."""

_HARMLESS = re.compile(r"[^@?#]{0,19}|[A-Za-z0-9]+://[^@?#]*|~.*")
"""What is no token that was given to the wrong setting, and holds no password: a short value, a URL
or a path from a home directory."""


def explain(
    errors: list[ErrorDetails], given: Mapping[str, object], variables: Collection[Variable]
) -> EtlError:
    """Return the error for invalid settings, one line; a UsageError if a flag is among them.

    `given` has the values of flags by field name.
    """
    known = {variable.field: variable for variable in variables}
    problems, usage = [], False
    for error in errors:
        variable = known[str(error["loc"][0])]
        # Plain http is a configuration error, even as a flag.
        usage |= variable.field in given and error["type"] != "plain_http"
        shown = "" if variable.secret else _shown(error["input"])
        context = error.get("ctx", {})
        must_be = context.get("must_be", variable.must_be)
        why = f": {context['why']}" if "why" in context else ""
        problems.append(f"{_where(variable, given)} must be {must_be}{shown}{why}")
    return (UsageError if usage else ConfigurationError)("; ".join(dict.fromkeys(problems)))


def _shown(value: object) -> str:
    text = str(value)
    harmless = len(text) <= _LONGEST and _HARMLESS.fullmatch(text)
    return f", not {text!r}" if harmless else ""


def _where(variable: Variable, given: Mapping[str, object]) -> str:
    place = source_of(variable)
    if variable.field in given:
        return variable.flag or variable.env
    return variable.env if place == "environment" else f"{variable.env} (in {place})"


def source_of(variable: Variable) -> str:
    """Return where the value of a setting that has one is from, flags aside."""
    if _has(os.environ, variable.env):
        return "environment"
    return ENV_FILE if _has(_dotenv(), variable.env) else "a secret file"


def _has(names: Mapping[str, str | None], env: str) -> bool:
    return any(name.upper() == env and value for name, value in names.items())


def _dotenv() -> dict[str, str | None]:
    return dotenv_values(ENV_FILE, encoding="utf-8")


def misspelled(environ: Mapping[str, str | None] | None, settings: Collection[str]) -> list[str]:
    """Return a warning for each variable with our prefix that is not one of the settings."""
    names = {**_dotenv(), **os.environ} if environ is None else environ
    warnings = _unreadable_lines() if environ is None else []
    known = {env.removeprefix(PREFIX): env for env in sorted(settings)}
    for name in sorted(names):
        ending = name.upper().removeprefix(PREFIX)
        if not name.upper().startswith(PREFIX) or ending in known:
            continue
        near = [each for each in known if _abbreviates(ending, each)]
        near = near or get_close_matches(ending, known, n=1)
        hint = f": did you mean {known[near[0]]}?" if near else ""
        warnings.append(f"{name} is not a setting and is ignored{hint}")
    return warnings


def _unreadable_lines() -> list[str]:
    """A warning for each line of .env that is no setting of a variable."""
    if not os.path.isfile(ENV_FILE):
        return []
    with open(ENV_FILE, encoding="utf-8") as file:
        lines = [part.original.line for part in parse_stream(file) if part.error]
    return [f"{ENV_FILE}, line {line}: it is not NAME=value and is ignored" for line in lines]


def _abbreviates(short: str, name: str) -> bool:
    """Whether each word of one is the beginning of the same word of the other: ORG_ID."""
    starts, words = short.split("_"), name.split("_")
    return len(starts) == len(words) and all(map(str.startswith, words, starts))
