"""The least that anybody would write: the same pages by bare httpx, and nothing done with them.

Reads the targets from a file, one a line; `base` is the URL before them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx


async def _take(client: httpx.AsyncClient, targets: Iterator[str]) -> None:
    for target in targets:
        response = await client.get(target)
        response.raise_for_status()


async def download(base: str, token: str, targets: list[str], concurrency: int) -> None:
    """Fetches every target once, so many at a time. Raises httpx.HTTPError."""
    headers = {"Authorization": f"Bearer {token}"}
    waiting = iter(targets)
    async with httpx.AsyncClient(base_url=base, headers=headers) as client:
        await asyncio.gather(*(_take(client, waiting) for _ in range(concurrency)))


if __name__ == "__main__":
    base, token, named, concurrency = sys.argv[1:]
    wanted = Path(named).read_text(encoding="utf-8").split()
    asyncio.run(download(base, token, wanted, int(concurrency)))
