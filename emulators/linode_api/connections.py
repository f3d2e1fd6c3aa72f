"""Open TCP connections, so that a fault can really cut one."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

Ends = tuple[tuple[str, int], tuple[str, int | None]]

_open: dict[Ends, asyncio.Transport] = {}  # by both ends: two servers may see the same client address


class CuttableProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, remembering the transport of each client."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in its base
        super().connection_made(transport)
        if self.client and self.server:
            _open[self.client, self.server] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client and self.server:
            _open.pop((self.client, self.server), None)
        super().connection_lost(exc)


async def cut(request: Request) -> Response:
    """Resets the connection; the response that is returned reaches nobody."""
    transport = transport_of(request)
    if transport:
        transport.abort()
    await gone(request)
    return Response()


async def cut_midway(request: Request, response: Response) -> Response:
    """Sends the headers and half of the body, then closes."""
    transport = transport_of(request)
    if transport:
        lines = [f"HTTP/1.1 {response.status_code} OK".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        body = bytes(response.body)
        transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body[: len(body) // 2])
        transport.close()
    await gone(request)
    return response


def transport_of(request: Request) -> asyncio.Transport | None:
    client, server = request.scope["client"], request.scope["server"]
    return _open.get((tuple(client), tuple(server))) if client and server else None


async def gone(request: Request) -> None:
    """Waits until the server has noticed, so that it does not try to answer."""
    for _ in range(100):
        if transport_of(request) is None:
            return
        await asyncio.sleep(0.001)
