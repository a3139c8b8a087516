"""Sends one HTTP request and reads its response. No other module uses httpx for this.

Redirects are not followed, so the token is sent to ETL_API_BASE_URL only. For https, the proxy and
CA settings of the environment (HTTPS_PROXY, SSL_CERT_FILE) apply. Plain http is allowed only to
this machine, so it uses neither. netrc is not read.
"""

import asyncio
import logging
import ssl

import httpx

from etl import __version__
from etl.client.attempt_errors import AttemptError, NotRetryableError
from etl.client.environment import proxy_for, ssl_context, variable
from etl.client.responses import CHECK_URL, Redactor, Response
from etl.settings import Settings

MAX_RESPONSE = 256 * 2**20  # bytes
RESPONSE_TIMEOUTS = 4  # a complete response may take this many times the timeout
_TIMEOUT_HINT = "check the network, or raise ETL_TIMEOUT_SECONDS"
_KEEPALIVE = 60.0  # seconds; httpx's default of 5 is too short at 100 requests per minute


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore cookies: the API needs no session, and parsing them takes 7 % of the CPU time."""


class _HttpClient(httpx.AsyncClient):
    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise TypeError("this client has no cookies")


class Connections:
    """Sends GET requests with the token; `transport` replaces the network in tests.

    Each concurrent request has its own httpx client with one connection. A shared pool would check
    all sockets at the beginning and end of each request, which takes a fifth of the CPU time.
    """

    def __init__(
        self,
        settings: Settings,
        token: str,
        redactor: Redactor,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._base = settings.api_base_url
        self._timeout = settings.timeout_seconds
        self._redactor = redactor
        self._transport = transport
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "User-Agent": f"aitronos-audit-etl/{__version__}",
        }
        secure = self._base.lower().startswith("https:")
        self._proxy = proxy_for(self._base) if secure else None
        # Loading the CA bundle takes 30 ms. Plain http needs none.
        self._ssl_context = ssl_context() if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._idle: list[httpx.AsyncClient] = []
        # They log URLs at INFO and headers at DEBUG; etl.client has its own log lines.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    async def close(self) -> None:
        """Close all connections; none may be in use."""
        while self._idle:
            await self._idle.pop().aclose()

    async def get(self, url: str) -> Response:
        """Return the response, whatever its status. Raises AttemptError if there is none."""
        client = self._idle.pop() if self._idle else self._client()
        try:
            return await self._exchange(client, url)
        finally:
            self._idle.append(client)

    def _client(self) -> httpx.AsyncClient:
        return _HttpClient(
            headers=self._headers,
            timeout=self._timeout,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEEPALIVE),
            verify=self._ssl_context,
            proxy=self._proxy,
            trust_env=False,
            transport=self._transport,
        )

    async def _exchange(self, client: httpx.AsyncClient, url: str) -> Response:
        request = httpx.Request("GET", url, headers=client.headers)
        deadline = RESPONSE_TIMEOUTS * self._timeout
        try:
            async with asyncio.timeout(deadline):
                response = await client.send(request, stream=True)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise AttemptError(f"was not complete within {deadline:g} s", _TIMEOUT_HINT) from None
        except httpx.RequestError as error:
            # Not chained: the error holds the request, and the request holds the token.
            raise self._attempt_error(error) from None
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in response.headers.raw
        }
        return Response(response.status_code, headers, body)

    def _attempt_error(self, error: httpx.RequestError) -> AttemptError:
        detail = self._redactor.clean(str(error))
        if isinstance(error, httpx.TimeoutException):
            return AttemptError(f"timed out after {self._timeout:g} s", _TIMEOUT_HINT)
        if "CERTIFICATE_VERIFY_FAILED" in detail:
            hint = "if your company's CA signed it, set SSL_CERT_FILE to that CA's certificate file"
            return NotRetryableError(f"got an untrusted TLS certificate ({detail})", hint)
        if self._proxy and isinstance(error, httpx.ConnectError | httpx.ProxyError):
            proxy = self._proxy.url.netloc.decode()  # without user and password
            return AttemptError(
                f"could not connect through the proxy {proxy} ({detail})", f"check {variable()}"
            )
        if isinstance(error, httpx.ConnectError):
            return AttemptError(f"could not connect to {self._base} ({detail})", CHECK_URL)
        return AttemptError(f"failed ({detail or type(error).__name__})")


async def _read(response: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_RESPONSE:
            raise NotRetryableError(f"returned more than {MAX_RESPONSE >> 20} MB")
        chunks.append(chunk)
    return b"".join(chunks)
