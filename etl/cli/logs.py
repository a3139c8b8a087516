"""Log output on stderr, as text or as one JSON object per line."""

import json
import logging
import sys
from datetime import UTC, datetime

from etl.cli.text import plain
from etl.settings import Settings, unknown_variables

log = logging.getLogger("etl")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC)
        return f"{time:%Y-%m-%dT%H:%M:%SZ} {record.levelname.lower()} {plain(record.getMessage())}"


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC)
        fields = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(fields, ensure_ascii=False)


def set_up(settings: Settings) -> None:
    """Configures the logger `etl` only: other libraries may log request headers."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
    log.handlers = [handler]
    log.setLevel(settings.log_level.upper())
    log.propagate = False
    for warning in unknown_variables():
        log.warning(warning)
