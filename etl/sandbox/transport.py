"""The sandbox in-process: a handler for `httpx.MockTransport`, for sync and async clients."""

from collections.abc import Callable

import httpx

from etl.sandbox.service import Service


def handler(service: Service) -> Callable[[httpx.Request], httpx.Response]:
    """Answers httpx requests from `service`, and raises the exceptions that are its faults.

    There is no connection to cut: the body of a truncated answer is just shorter.
    """

    def handle(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode("ascii")
        response = service.answer(request.method, target, request.headers.get("authorization"))
        if isinstance(response, Exception):
            raise response
        body = response.body[: response.sent]
        return httpx.Response(response.status, headers=list(response.headers), content=body)

    return handle


def transport(service: Service) -> httpx.MockTransport:
    """`handler` as the transport of an `httpx.Client` or an `httpx.AsyncClient`."""
    return httpx.MockTransport(handler(service))
