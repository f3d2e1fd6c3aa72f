"""A loopback server that gives prepared answers, so that tests fake the wire and none of our functions."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType

from providers.linode.api.connection import Connection
from providers.linode.api.limiter import Limiter
from providers.linode.api.transport import Transport


@dataclass(frozen=True)
class Answer:
    """What the server sends: `cut` closes the connection instead of answering, `delay_s`
    seconds late."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    delay_s: float = 0.0


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: object


class ScriptedServer:
    """Gives the answers in order, the last one again and again; keeps the requests."""

    def __init__(self, *answers: Answer, context: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers) or [Answer()]
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def transport(self, token: str = "planted-token", most_tries: int = 5) -> Transport:
        connection = Connection(f"{self.url}/v4", token, "LINODE_TOKEN")
        limits = Limiter(now=lambda: sum(self.slept))  # no machine is too slow for it
        return Transport(connection, sleep=self.slept.append, most_tries=most_tries, limits=limits)

    @property
    def slept(self) -> list[float]:
        """The pauses, in seconds, that transports of this server asked for."""
        return self._slept

    _slept: list[float]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        script = self
        self._slept = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                script.seen.append(Seen(self.command, self.path, dict(self.headers.items()), body))
                answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
                time.sleep(answer.delay_s)
                if answer.cut:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                    return
                raw = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw.encode())))
                self.end_headers()
                self.wfile.write(raw.encode())

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
                pass

        return Handler


def errors(reason: str, field_name: str | None = None) -> dict[str, object]:
    """The body of an error answer."""
    return {"errors": [{"reason": reason, **({"field": field_name} if field_name else {})}]}
