"""All settings. Each is declared once, with its name, type, default and description.

The first of these sources that has a value wins:

    command line  >  environment  >  .env  >  secret files (ETL_SECRETS_DIR, then /run/secrets)

The command-line flags, the table in README and `.env.example` are generated from `variables()`.
Only this module and those of its types and messages import pydantic, since the import takes 0.2 s.
"""

import os
import textwrap
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from etl import setting_types as kind
from etl.errors import ConfigurationError
from etl.setting_messages import ENV_FILE, explain, misspelled

SECRETS_DIR = "/run/secrets"
FILTERS = ("entity_type", "action_type", "actor_id", "target_id", "department_id", "search_term")


def _setting(default: object, description: str) -> Any:
    return Field(default, description=description)


class Settings(BaseSettings):
    """All settings, validated and immutable. Build them with `load`, which explains errors."""

    model_config = SettingsConfigDict(
        env_prefix=kind.PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        enable_decoding=False,  # no value is JSON
        extra="ignore",  # .env may hold variables of other programs
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
        validate_default=True,
    )

    api_token: kind.Token | None = _setting(
        None,
        "Access token of the API. It has no flag, because other users of the machine can see "
        "command lines. The safest place is a secret file named etl_api_token.",
    )
    organization_id: kind.OrganizationIds = _setting(
        (), "The organization whose audit log is copied. Separate several ids with commas."
    )
    api_base_url: kind.BaseUrl = _setting(
        "https://api.aitronos.com",
        "Base URL of the API. Plain http is allowed only for this machine.",
    )
    warehouse: kind.FilePath = _setting("warehouse.duckdb", "The DuckDB file that holds the copy.")
    from_date: kind.PlainDate | None = _setting(
        None, "The first day to copy, as YYYY-MM-DD. Unset: the whole history."
    )
    lookback_days: kind.Days = _setting(
        7,
        "How many days before the watermark (the time of the newest entry at the last proof) each "
        "sync reads for new entries. Entries that arrive later than that are found too, for more "
        "requests.",
    )
    publish: kind.OtherFile | None = _setting(
        None,
        "A read-only copy of the warehouse for other programs. It is replaced by an atomic rename "
        "after each run that changed something.",
    )
    timezone: kind.TimeZone = _setting("UTC", "The time zone of days and hours in the views.")
    working_hours: kind.Hours = _setting(
        "07-19", "Working hours in ETL_TIMEZONE, for the views. 22-06 spans midnight."
    )
    sql_dir: kind.Directory | None = _setting(
        None,
        "A directory with your own SQL: views in views/, rules in rules/, and spellings.sql.",
    )
    ignore_fields: kind.JsonPaths = _setting(
        (),
        "JSON paths, separated by commas, of members whose text differs each time it is served, "
        "such as $.avatar_url. Changes of them alone are no changes of an entry.",
    )
    entity_type: kind.Filter | None = _setting(
        None, "Copy only entries of this entity type, such as role_assignment."
    )
    action_type: kind.Filter | None = _setting(
        None, "Copy only entries of this action type, such as assigned."
    )
    actor_id: kind.Filter | None = _setting(None, "Copy only entries of this actor.")
    target_id: kind.Filter | None = _setting(None, "Copy only entries with this target.")
    department_id: kind.Filter | None = _setting(None, "Copy only entries of this department.")
    search_term: kind.Filter | None = _setting(
        None, "Copy only entries whose entity name, actor name or actor email matches this term."
    )
    concurrency: kind.Parallel = _setting(8, "The maximum number of concurrent requests.")
    requests_per_minute: kind.Count | None = _setting(
        None, "The maximum number of requests per minute. Unset: learned from the API's responses."
    )
    max_requests: kind.Count | None = _setting(
        None,
        "The maximum number of requests in one run. When it is used up, the run keeps what it has "
        "and exits with code 6.",
    )
    timeout_seconds: kind.Timeout = _setting(
        30,
        "How many seconds to wait for the next byte of a response. A complete response may take "
        "four times as long.",
    )
    max_attempts: kind.Attempts = _setting(
        6, "The maximum number of attempts for one request when the API or the network fails."
    )
    lock_wait_seconds: kind.Patience = _setting(
        10, "How many seconds to wait for a warehouse that another process is using."
    )
    log_level: kind.LogLevel = _setting("info", "The log level: debug, info, warning or error.")
    log_format: kind.LogFormat = _setting(
        "text", "The log format: text, or json with one object per line."
    )
    secrets_dir: kind.Directory | None = _setting(
        None,
        "A directory of secret files, each named after its variable. It takes precedence over "
        f"{SECRETS_DIR}.",
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_unset(cls, values: dict[str, Any]) -> dict[str, Any]:
        # env_ignore_empty covers the environment and .env, but not files and flags.
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
        others = (init_settings, env_settings, dotenv_settings)
        named = next(
            (directory for source in others if (directory := source().get("secrets_dir"))), None
        )
        directories = [SECRETS_DIR] if os.access(SECRETS_DIR, os.R_OK | os.X_OK) else []
        if named is not None:
            directories.append(os.path.expanduser(named))  # the last directory wins
        # pydantic-settings would warn about a missing directory, which is normal here.
        directories = [directory for directory in directories if os.path.isdir(directory)]
        return *others, SecretsSettingsSource(settings_cls, secrets_dir=directories)

    def filters(self) -> dict[str, str]:
        """Return the filters that are set, by API parameter name, as for `Query(**filters)`."""
        values = {name: getattr(self, name) for name in FILTERS}
        return {name: value for name, value in values.items() if value is not None}

    def require_source(self) -> SecretStr:
        """Return the token. Every command that uses the API calls this first.

        Raises ConfigurationError if the token or the organization is not set, or the directory of
        secrets is missing. The message names the variables and the places to set them.
        """
        problems = []
        if self.api_token is None:
            problems.append(
                "ETL_API_TOKEN is not set: set it in the environment or in .env, or put it in a "
                f"file named etl_api_token in {SECRETS_DIR} or ETL_SECRETS_DIR"
            )
        if not self.organization_id:
            problems.append(
                "ETL_ORGANIZATION_ID is not set: set it in the environment or in .env, or use "
                "--organization-id"
            )
        if self.secrets_dir and not self.secrets_dir.is_dir():
            problems = [f"ETL_SECRETS_DIR: there is no directory {self.secrets_dir}"]
        if self.api_token is None or problems:
            raise ConfigurationError("; ".join(problems))
        return self.api_token


@cache
def variables() -> tuple[kind.Variable, ...]:
    """Return all settings in the order of declaration, for flags, tables and `.env.example`."""
    return tuple(kind.describe(name, info) for name, info in Settings.model_fields.items())


def load(overrides: Mapping[str, object] | None = None) -> Settings:
    """Build the settings. `overrides` has the command-line values by field name; None: not given.

    Raises UsageError if the value of a flag is invalid, otherwise ConfigurationError. The one-line
    message names each flag or variable, its value unless that may be secret, and what is valid.
    """
    given: dict[str, Any] = {k: v for k, v in (overrides or {}).items() if v is not None}
    if unknown := given.keys() - Settings.model_fields.keys():
        raise TypeError(f"unknown settings: {sorted(unknown)}")
    try:
        return Settings(**given)
    except ValidationError as error:
        raise explain(error.errors(include_url=False), given, variables()) from None
    except (OSError, UnicodeDecodeError, SettingsError) as error:
        cause = error.__cause__ or error
        where = getattr(cause, "filename", None) or f"{ENV_FILE} or a secret file"
        why = getattr(cause, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"cannot read {where}: {why}") from None


def unknown_variables(environ: Mapping[str, str | None] | None = None) -> list[str]:
    """Return a warning for each variable with our prefix that is not a setting (a typo).

    `environ` holds the variables; None: those of the environment and `.env`.
    """
    return misspelled(environ, {variable.env for variable in variables()})


def env_example() -> str:
    """Return the text of `.env.example`: each setting with its description and its default."""
    lines = [
        "# Copy this file to .env and set ETL_ORGANIZATION_ID. The token is safer in a secret file",
        "# (README); here it would take precedence over one. The others show their defaults.",
        "# Generated by `python -m etl.settings > .env.example`; a test checks that it is current.",
    ]
    for variable in variables():
        needed = variable.field == "organization_id"
        lines += ["", *textwrap.wrap(f"# {variable.description}", 98, subsequent_indent="# ")]
        lines.append(f"{'' if needed else '#'}{variable.env}={variable.default}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(env_example(), end="")
