"""The settings as flags. They are declared in `etl.settings` and nowhere else."""

import argparse

from etl.settings import Settings, load, variables

_PREFIX = "setting_"


def add_settings(parser: argparse.ArgumentParser, only: tuple[str, ...] | None = None) -> None:
    """Adds a flag for each setting that has one, or for those named in `only`."""
    group = parser.add_argument_group(
        "settings", "each is also an environment variable, and may stand in .env"
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
    """The settings, with the flags given over everything else."""
    given = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(options).items()
        if name.startswith(_PREFIX) and value is not None
    }
    return load(given)
