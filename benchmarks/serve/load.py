"""Requests at a given rate, their latency counted from the moment at which each was due."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tools.s3 import HOST


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent again and again."""

    port: int
    content: bytes

    @classmethod
    def post(cls, port: int, path: str, body: bytes) -> Request:
        """Make a request of a body of JSON."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return cls(port, head.encode() + body)


def latencies(request: Request, rate: float, seconds: float) -> list[float]:
    """Return the seconds that each of ``rate * seconds`` requests took.

    A request that finds no free connection opens one: nobody waits for an earlier answer.
    """
    return asyncio.run(_open_loop(request, rate, seconds))


async def _open_loop(request: Request, rate: float, seconds: float) -> list[float]:
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    start = time.perf_counter() + 0.1

    async def one(due: float) -> float:
        connection = free.pop() if free else await asyncio.open_connection(HOST, request.port)
        await _answer(request, *connection)
        free.append(connection)
        return time.perf_counter() - due

    tasks = []
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(due)))
    taken = await asyncio.gather(*tasks)
    for _, writer in free:
        writer.close()
    return list(taken)


def seconds_of(request: Request, number: int, together: int) -> float:
    """Return how long ``number`` requests take on ``together`` connections."""

    async def run() -> float:
        start = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(together)))
        return time.perf_counter() - start

    async def worker() -> None:
        connection = await asyncio.open_connection(HOST, request.port, limit=2**26)
        for _ in range(number // together):
            await _answer(request, *connection)
        connection[1].close()

    return asyncio.run(run())


async def _answer(
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bytes:
    writer.write(request.content)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200"), head
    length = int(head.partition("content-length:")[2].partition("\r\n")[0])
    return await reader.readexactly(length)
