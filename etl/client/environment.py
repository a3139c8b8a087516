"""What of the environment applies to https: the proxy, and the certificates that are trusted.

httpx reads the same variables itself, but fails on some values with errors that name none of them.
"""

import os
import ssl
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from etl.errors import ConfigurationError

_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def proxy_for(url: str) -> httpx.Proxy | None:
    """Return the proxy for an https URL: HTTPS_PROXY or ALL_PROXY, unless NO_PROXY names the host.

    Ranges of addresses in NO_PROXY are ignored, as by most programs. Raises ConfigurationError for
    a proxy that httpx cannot use.
    """
    found = getproxies()
    address = found.get("https") or found.get("all")
    if not address or proxy_bypass(urlsplit(url).netloc):
        return None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    except (ValueError, httpx.InvalidURL):
        hint = "it must be a URL such as http://proxy.example.com:3128"
        raise ConfigurationError(f"{variable()}: {hint}") from None
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        hint = "a SOCKS proxy needs one more package: pip install 'httpx[socks]'"
        raise ConfigurationError(f"{variable()}: {hint}")
    return proxy


def variable() -> str:
    """Return the name of the variable that sets the proxy."""
    return next((name for name in _PROXIES if os.environ.get(name)), "the system's proxy")


def ssl_context() -> ssl.SSLContext:
    """Return the context for https, which trusts SSL_CERT_FILE or SSL_CERT_DIR if one is set.

    Raises ConfigurationError if that cannot be read.
    """
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if not file and folder and not os.path.isdir(folder):
        raise ConfigurationError(f"SSL_CERT_DIR: there is no directory {folder}")
    try:
        return httpx.create_ssl_context()
    except ssl.SSLError:  # before OSError, of which it is one
        raise ConfigurationError(f"SSL_CERT_FILE: {file} holds no certificate in PEM") from None
    except OSError as error:
        raise ConfigurationError(f"SSL_CERT_FILE: {file}: {error.strerror}") from None
