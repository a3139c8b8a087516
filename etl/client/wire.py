"""One HTTP exchange: the only module that touches httpx's requests, answers and errors.

Redirects are not followed: the token goes to ETL_API_BASE_URL and nowhere else. Proxies and CA
bundles of the environment (HTTPS_PROXY, SSL_CERT_FILE) are used for https; httpx 0.28 does not read
netrc unless told to. Plain http is for this machine only, so there neither proxy nor TLS is wanted.
"""

import asyncio
import logging
import ssl

import httpx

from etl import __version__
from etl.client.answers import WRONG_URL, Answer, Words
from etl.client.faults import Fault, Hopeless
from etl.settings import Settings

LARGEST_ANSWER = 256 * 2**20  # bytes
WHOLE = 4  # a whole answer may take as many times the timeout
_KEPT_OPEN = 60.0  # seconds: at 100 requests a minute each connection waits longer than httpx's 5


class _NoCookies(httpx.Cookies):
    def extract_cookies(self, response: httpx.Response) -> None:
        """Keep nothing: a session has no meaning here, and looking for one takes 7 % of the CPU."""


class _HttpClient(httpx.AsyncClient):
    _none = _NoCookies()

    @property
    def cookies(self) -> httpx.Cookies:
        return self._none

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise TypeError("this client has no cookies")


class Wire:
    """Sends GET requests with the token; `transport` stands in for the network in tests.

    Each request that is under way has a client, and so a connection, to itself: a pool of many
    looks at the sockets of all at the beginning and end of each request, a fifth of its CPU.
    """

    def __init__(
        self,
        settings: Settings,
        token: str,
        words: Words,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._base = settings.api_base_url
        self._timeout = settings.timeout_seconds
        self._words = words
        self._transport = transport
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "User-Agent": f"aitronos-audit-etl/{__version__}",
        }
        self._secure = self._base.lower().startswith("https:")
        # Reading the CA bundle takes 30 ms. Where there is no TLS, an empty one does: it trusts
        # nobody.
        self._trust = (
            httpx.create_ssl_context() if self._secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        self._free: list[httpx.AsyncClient] = []
        # They log URLs at INFO and headers at DEBUG; etl.client says what is worth saying.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)

    async def close(self) -> None:
        """Closes the connections; none may be in use."""
        while self._free:
            await self._free.pop().aclose()

    async def get(self, url: str) -> Answer:
        """Return the answer, whatever its status. Raises Fault where there is none."""
        client = self._free.pop() if self._free else self._client()
        try:
            return await self._exchange(client, url)
        finally:
            self._free.append(client)

    def _client(self) -> httpx.AsyncClient:
        return _HttpClient(
            headers=self._headers,
            timeout=self._timeout,
            limits=httpx.Limits(max_connections=1, keepalive_expiry=_KEPT_OPEN),
            verify=self._trust,
            trust_env=self._secure,
            transport=self._transport,
        )

    async def _exchange(self, client: httpx.AsyncClient, url: str) -> Answer:
        request = httpx.Request("GET", url, headers=client.headers)
        whole = WHOLE * self._timeout
        try:
            async with asyncio.timeout(whole):
                response = await client.send(request, stream=True)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            raise Fault(f"sent no whole answer within {whole:g} s") from None
        except httpx.RequestError as error:
            # Not chained: the error holds the request, and that the token.
            raise self._fault(error) from None
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in response.headers.raw
        }
        return Answer(response.status_code, headers, body)

    def _fault(self, error: httpx.RequestError) -> Fault:
        said = self._words.clean(str(error))
        if isinstance(error, httpx.TimeoutException):
            return Fault(f"got no answer within {self._timeout:g} s")
        if "CERTIFICATE_VERIFY_FAILED" in said:
            hint = "if it is signed by your company's CA, name its file in SSL_CERT_FILE"
            return Hopeless(f"met a certificate that is not trusted ({said})", hint)
        if isinstance(error, httpx.ConnectError):
            nobody = "attempts failed" in said or "refused" in said
            why = f"nobody is listening at {self._base}" if nobody else said
            return Fault(f"found no connection ({why})", WRONG_URL)
        return Fault(f"broke off ({said or type(error).__name__})")


async def _read(response: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise Hopeless(f"answered with more than {LARGEST_ANSWER >> 20} MB")
        chunks.append(chunk)
    return b"".join(chunks)
