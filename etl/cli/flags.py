"""Command-line flags for the settings, which `etl.settings` declares."""

import argparse

from etl.settings import Settings, load, variables

_PREFIX = "setting_"


def add_settings(parser: argparse.ArgumentParser, only: tuple[str, ...] | None = None) -> None:
    """Adds a flag for each setting that has one, or only for the fields named in `only`."""
    group = parser.add_argument_group(
        "settings", "each can also be set as an environment variable or in .env"
    )
    for variable in variables():
        if variable.flag is None or (only is not None and variable.field not in only):
            continue
        default = f" (default: {variable.default})" if variable.default else ""
        group.add_argument(
            variable.flag,
            dest=_PREFIX + variable.field,
            metavar=variable.env,
            help=f"{variable.description}{default}".replace("%", "%%"),
        )


def settings_from(options: argparse.Namespace) -> Settings:
    """Loads the settings; flags take precedence over all other sources."""
    given = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(options).items()
        if name.startswith(_PREFIX) and value is not None
    }
    return load(given)
