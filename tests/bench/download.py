"""The least that anybody would write: the same pages by bare httpx, and nothing done with them.

Reads the targets from a file, one a line; `base` is the URL before them.
"""

import asyncio
import sys
from pathlib import Path

import httpx


async def download(base: str, token: str, targets: list[str], concurrency: int) -> None:
    """Fetches every target once, so many at a time. Raises httpx.HTTPError."""
    waiting = iter(targets)
    async with httpx.AsyncClient(
        base_url=base, headers={"Authorization": f"Bearer {token}"}
    ) as client:

        async def take() -> None:
            for target in waiting:
                (await client.get(target)).raise_for_status()

        await asyncio.gather(*(take() for _ in range(concurrency)))


if __name__ == "__main__":
    base, token, named, concurrency = sys.argv[1:]
    wanted = Path(named).read_text(encoding="utf-8").split()
    asyncio.run(download(base, token, wanted, int(concurrency)))
