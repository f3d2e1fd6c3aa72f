"""The page at /: what the local API holds and does, for people. Three files and an icon, served as they are.

Nothing of it comes from elsewhere, and no other page may frame it or read it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from emulators.linode_api.control import ANOTHER_PAGE, ELSEWHERE, OWN_PAGE_ONLY, foreign

FILES = {
    "/": ("page.html", "text/html"),
    "/_local/page.css": ("page.css", "text/css"),
    "/_local/page.js": ("page.js", "text/javascript"),
    "/_local/icon.svg": ("icon.svg", "image/svg+xml"),
}
HEADERS = {
    **OWN_PAGE_ONLY,
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
    " object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def routes() -> list[Route]:
    return [Route(path, served) for path in FILES]


async def served(request: Request) -> Response:
    why = foreign(request, json_only=True)
    if why == ELSEWHERE or (why == ANOTHER_PAGE and not is_opened(request)):
        return PlainTextResponse(why, 403, HEADERS)
    name, media_type = FILES[request.url.path]
    return Response(content(name), 200, HEADERS, media_type)


def is_opened(request: Request) -> bool:
    """Whether somebody follows a link to the page: then it is theirs, and the page with the link can't look into it."""
    wanted = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    return request.url.path == "/" and all(
        request.headers.get(name) == value for name, value in wanted.items()
    )


@cache
def content(name: str) -> bytes:
    return (Path(__file__).parent / name).read_bytes()
