"""The sandbox in-process: a handler for `httpx.MockTransport`, for sync and async clients alike."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from etl.sandbox.service import Service


def handler(service: Service) -> Callable[[httpx.Request], httpx.Response]:
    """Answers httpx requests from `service`; raises the exceptions that its faults hold.

    A truncated answer is one whose JSON breaks off: there is no connection here that could be cut.
    """

    def handle(request: httpx.Request) -> httpx.Response:
        response = service.answer(
            request.method,
            request.url.raw_path.decode("ascii"),
            request.headers.get("authorization"),
        )
        if isinstance(response, Exception):
            raise response
        return httpx.Response(
            response.status,
            headers=list(response.headers),
            content=response.body[: response.sent],
        )

    return handle


def transport(service: Service) -> httpx.MockTransport:
    """`handler` as the transport of an `httpx.Client` or an `httpx.AsyncClient`."""
    return httpx.MockTransport(handler(service))
