"""The sandbox as a program that obeys a benchmark: fast, and able to say what it was asked.

It reads one JSON object a line from standard input and answers each with one on standard output,
until there are no more: `{"insert": n, "days_late": n}`, `{"asked": true}`. The first line that it
writes is its base URL.
"""

import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec

from etl.sandbox.bucket import Limit
from etl.sandbox.dialect import Dialect
from etl.sandbox.entries import made_up
from etl.sandbox.entry import microseconds
from etl.sandbox.messages import Response
from etl.sandbox.server import serve
from etl.sandbox.service import Service
from etl.sandbox.source import Source

from .process import Serving


class BenchService(Service):
    """A service that notes when it was asked what, and may keep its pages.

    A page that is kept costs a tenth of one that is made, which leaves the machine to what is
    measured; its Date is that of its first answer.
    """

    def __init__(self, serving: Serving) -> None:
        limit = Limit(serving.per_minute, serving.burst) if serving.per_minute else None
        made = made_up(serving.entries, serving.days, 0, datetime.now(UTC))
        dialect = Dialect(**serving.dialect)  # type: ignore[arg-type]
        super().__init__(Source(made), dialect, limit=limit, record=False)
        self.asked: list[tuple[float, int, str]] = []
        self._kept: dict[tuple[str, str, str | None], Response] = {}
        self._keep = serving.keep

    def answer(self, method: str, target: str, authorization: str | None) -> Response | Exception:
        asked = method, target, authorization
        response = self._kept.get(asked) or super().answer(*asked)
        if self._keep and isinstance(response, Response):
            self._kept[asked] = response
        status = response.status if isinstance(response, Response) else 0
        self.asked.append((time.perf_counter(), status, target))
        return response

    def insert(self, entries: int, days_late: int) -> None:
        """New entries like the latest ones, the last of them now, or so many days ago."""
        like = self.source.entries()[-entries:]
        first = microseconds(datetime.now(UTC) - timedelta(days=days_late)) - entries
        new = enumerate(like, start=first)
        self.source.insert(*(msgspec.structs.replace(e, at=at, id=f"new_{at}") for at, e in new))
        self._kept.clear()


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


def _obey(service: BenchService) -> None:
    for line in sys.stdin:
        wish = json.loads(line)
        if "insert" in wish:
            service.insert(wish["insert"], wish["days_late"])
            _say({"inserted": True})
        else:
            asked, service.asked = service.asked, []
            _say({"asked": asked})
    os.kill(os.getpid(), signal.SIGINT)  # nobody is there any more


def main(settings: str) -> None:
    """Serves until standard input ends."""
    serving = Serving(**json.loads(settings))
    service = BenchService(serving)
    threading.Thread(target=_obey, args=(service,), daemon=True).start()
    with suppress(KeyboardInterrupt):
        serve(service, latency_ms=serving.latency_ms, ready=lambda url: _say({"url": url}))


if __name__ == "__main__":
    main(sys.argv[1])
