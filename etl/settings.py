"""Every setting, declared once: its name, its type, its default and what it is for.

A value comes from the first of these that has one:

    command line  >  environment  >  .env  >  secret files (ETL_SECRETS_DIR, then /run/secrets)

The flags of the command line, README's table and `.env.example` are made from `variables()`.
Nothing but this module and `setting_types` imports pydantic, which takes 0.2 s.
"""

import os
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from etl import setting_types as kind
from etl.errors import ConfigurationError, EtlError, UsageError

PREFIX = "ETL_"
ENV_FILE = ".env"
SECRETS_DIR = "/run/secrets"
FILTERS = (
    "entity_type",
    "action_type",
    "actor_id",
    "target_id",
    "department_id",
    "search_term",
)


def _setting(default: object, description: str) -> Any:
    return Field(default, description=description)


class Settings(BaseSettings):
    """All settings, checked and frozen. Build it with `load`, which explains what is wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        enable_decoding=False,  # nothing here is JSON
        extra="ignore",  # .env may hold other programs' variables
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=True,
    )

    api_token: kind.Token | None = _setting(
        None,
        "Access token of the API. It has no flag, since others on the machine see command lines; "
        "the safest place is a secret file named etl_api_token.",
    )
    organization_id: kind.OrganizationIds = _setting(
        (), "The organization whose audit log is copied; several with commas."
    )
    api_base_url: kind.BaseUrl = _setting(
        "https://api.aitronos.com", "Where the API is. Plain http is for this machine only."
    )
    warehouse: kind.FilePath = _setting("warehouse.duckdb", "The DuckDB file that holds the copy.")
    from_date: kind.PlainDate | None = _setting(
        None, "Where history begins, as YYYY-MM-DD. Unset: all of it."
    )
    lookback_days: kind.Days = _setting(
        7, "How many days before the watermark a sync looks again, so that late entries are seen."
    )
    publish: kind.OtherFile | None = _setting(
        None,
        "A read-only copy for readers, put there by rename after each run that changed something.",
    )
    timezone: kind.TimeZone = _setting("UTC", "Time zone in which the views count days and hours.")
    working_hours: kind.Hours = _setting(
        "07-19", "Working hours in ETL_TIMEZONE, for the views; 22-06 goes over midnight."
    )
    sql_dir: kind.Folder | None = _setting(
        None,
        "A folder with your own SQL: files of views in its views/, of rules in its rules/, and "
        "spellings.sql.",
    )
    entity_type: kind.Filter | None = _setting(
        None, "Copy only entries of this entity type, such as role_assignment."
    )
    action_type: kind.Filter | None = _setting(
        None, "Copy only entries of this action type, such as assigned."
    )
    actor_id: kind.Filter | None = _setting(None, "Copy only what this user did.")
    target_id: kind.Filter | None = _setting(None, "Copy only what was done to this entity.")
    department_id: kind.Filter | None = _setting(
        None, "Copy only what happened in this department."
    )
    search_term: kind.Filter | None = _setting(
        None, "Copy only entries whose entity name, actor name or actor e-mail match."
    )
    concurrency: kind.Parallel = _setting(8, "How many requests may be under way at once.")
    requests_per_minute: kind.Count | None = _setting(
        None, "At most this many requests a minute. Unset: learned from the API's answers."
    )
    max_requests: kind.Count | None = _setting(
        None,
        "Budget of one run: once spent, the run keeps what it has and exits 6. With less than 20, "
        "what came late may not be found.",
    )
    timeout_seconds: kind.Timeout = _setting(
        30,
        "Seconds without a byte after which a request is given up; a whole answer may take four "
        "times as long.",
    )
    max_attempts: kind.Attempts = _setting(
        6, "How often one request is tried when the API or the network fails."
    )
    lock_wait_seconds: kind.Patience = _setting(
        10, "How long to wait for a warehouse that another process is using."
    )
    log_level: kind.LogLevel = _setting("info", "How much to log: debug, info, warning, error.")
    log_format: kind.LogFormat = _setting(
        "text", "How to log: text, or json with one object a line."
    )
    secrets_dir: kind.Folder | None = _setting(
        None, f"A folder of secret files, each named as its variable, read beside {SECRETS_DIR}."
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, values: dict[str, Any]) -> dict[str, Any]:
        # env_ignore_empty does this for the environment and .env, not for files and flags.
        return {
            name: value
            for name, value in values.items()
            if not (isinstance(value, str) and not value.strip())
        }

    @field_validator("publish")
    @classmethod
    def _another_file(cls, publish: Path | None, info: ValidationInfo) -> Path | None:
        warehouse = info.data.get("warehouse")
        if publish and warehouse and os.path.abspath(publish) == os.path.abspath(warehouse):
            raise ValueError
        return publish

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        above = (init_settings, env_settings, dotenv_settings)
        named = next((folder for source in above if (folder := source().get("secrets_dir"))), None)
        folders = [SECRETS_DIR] if os.access(SECRETS_DIR, os.R_OK | os.X_OK) else []
        if named is not None:
            folders.append(os.path.expanduser(named))  # of two files the last folder's one counts
        # pydantic-settings warns of a folder that is missing; here that is quite normal.
        folders = [folder for folder in folders if os.path.isdir(folder)]
        return *above, SecretsSettingsSource(settings_cls, secrets_dir=folders)

    def filters(self) -> dict[str, str]:
        """The filters that are set, by the API's parameter name; they fit `Query(**filters)`."""
        values = {name: getattr(self, name) for name in FILTERS}
        return {name: value for name, value in values.items() if value is not None}

    def require_source(self) -> SecretStr:
        """Return the token once it is certain that token and organization are set.

        Commands that talk to the API call it first; `status` and `query` need neither.
        Raises ConfigurationError, which names the variables and says where they may be set.
        """
        problems = []
        if self.api_token is None:
            problems.append(
                "ETL_API_TOKEN is not set: put it into the environment, into .env, or into a file "
                f"etl_api_token in {SECRETS_DIR} or ETL_SECRETS_DIR"
            )
        if not self.organization_id:
            problems.append(
                "ETL_ORGANIZATION_ID is not set: put it into the environment or .env, or give "
                "--organization-id"
            )
        if self.api_token is None or problems:
            raise ConfigurationError("; ".join(problems))
        return self.api_token


@dataclass(frozen=True, slots=True)
class Variable:
    """One setting as people meet it; `flag` is None for a secret, `default` "" where unset."""

    field: str
    env: str
    flag: str | None
    default: str
    description: str
    wants: str
    secret: bool


@cache
def variables() -> tuple[Variable, ...]:
    """All settings in the order of their declaration, for flags, tables and `.env.example`."""
    return tuple(_variable(name, info) for name, info in Settings.model_fields.items())


def _variable(name: str, info: FieldInfo) -> Variable:
    # The annotations of `X | None` stay inside the union, those of a plain `X` are the field's.
    members = get_args(info.annotation)
    inner = [note for member in members for note in getattr(member, "__metadata__", ())]
    wants = next(note for note in (*info.metadata, *inner) if isinstance(note, kind.Wants))
    secret = any(SecretStr in get_args(member) or member is SecretStr for member in members)
    return Variable(
        field=name,
        env=PREFIX + name.upper(),
        flag=None if secret else "--" + name.replace("_", "-"),
        default="" if info.default in (None, ()) else str(info.default),
        description=info.description or "",
        wants=wants.text,
        secret=secret,
    )


def load(overrides: Mapping[str, object] | None = None) -> Settings:
    """Build the settings; `overrides` are the command line's, by field name, None where not given.

    Raises UsageError if a flag's value is wrong, else ConfigurationError. Either names each flag
    or variable and what it wants, on one line, and never repeats a value.
    """
    given: dict[str, Any] = {k: v for k, v in (overrides or {}).items() if v is not None}
    if unknown := given.keys() - Settings.model_fields.keys():
        raise TypeError(f"no such settings: {sorted(unknown)}")
    try:
        return Settings(**given)
    except ValidationError as error:
        raise _explain(error.errors(include_input=False, include_url=False), given) from None
    except (OSError, UnicodeDecodeError, SettingsError) as error:
        cause = error.__cause__ or error
        where = getattr(cause, "filename", None) or f"{ENV_FILE} or a secret file"
        why = getattr(cause, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"cannot read {where}: {why}") from None


def _explain(errors: list[ErrorDetails], given: Mapping[str, object]) -> EtlError:
    known = {variable.field: variable for variable in variables()}
    problems, usage = [], False
    for error in errors:
        variable = known[str(error["loc"][0])]
        # DESIGN has plain http as a configuration error wherever it was written.
        plain_http = error["type"] == "plain_http"
        usage |= variable.field in given and not plain_http
        told = error["msg"] if plain_http else f"wants {variable.wants}"
        problems.append(f"{_where(variable, given)} {told}")
    return (UsageError if usage else ConfigurationError)("; ".join(dict.fromkeys(problems)))


def _where(variable: Variable, given: Mapping[str, object]) -> str:
    if variable.field in given:
        return variable.flag or variable.env
    if _has(os.environ, variable.env):
        return variable.env
    place = f"in {ENV_FILE}" if _has(_dotenv(), variable.env) else "in a secret file"
    return f"{variable.env} ({place})"


def _has(names: Mapping[str, str | None], env: str) -> bool:
    return any(name.upper() == env and value for name, value in names.items())


def _dotenv() -> dict[str, str | None]:
    return dotenv_values(ENV_FILE, encoding="utf-8")


def unknown_variables(environ: Mapping[str, str | None] | None = None) -> list[str]:
    """A warning for each variable that looks like a setting and is none, such as a misspelled one.

    `environ` is where to look; unset: the environment and `.env`.
    """
    names = {**_dotenv(), **os.environ} if environ is None else environ
    known = {variable.env.removeprefix(PREFIX): variable.env for variable in variables()}
    warnings = []
    for name in sorted(names):
        ending = name.upper().removeprefix(PREFIX)
        if not name.upper().startswith(PREFIX) or ending in known:
            continue
        near = get_close_matches(ending, known, n=1)
        hint = f": did you mean {known[near[0]]}?" if near else ""
        warnings.append(f"{name} is not a setting and is ignored{hint}")
    return warnings


def env_example() -> str:
    """The text of `.env.example`: each setting with its description, unset ones as comments."""
    lines = [
        "# Copy this file to .env and fill in the first two; what is commented out shows defaults.",
        "# Made by `python -m etl.settings > .env.example`; a test holds it against the code.",
    ]
    for variable in variables():
        needed = variable.field in ("api_token", "organization_id")
        lines += ["", *textwrap.wrap(f"# {variable.description}", 98, subsequent_indent="# ")]
        lines.append(f"{'' if needed else '#'}{variable.env}={variable.default}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(env_example(), end="")
