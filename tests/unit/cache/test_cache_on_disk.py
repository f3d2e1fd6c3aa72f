"""The catalogs on disk: asked once, kept apart, never with a token, used late when there is nothing better."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from providers.linode.api.catalog_transport import CatalogTransport
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
from providers.linode.api.errors import ApiUnreachable, NotAuthorized, Offline
from providers.linode.project import PROJECT
from tests.wire import Answer, ScriptedServer, errors

TOKEN = "planted-secret-token"
Opened = Callable[..., LinodeClient]


def page(*ids: str, results: int | None = None, number: int = 1, pages: int = 1) -> Answer:
    rows = [{"id": each} for each in ids]
    return Answer(body={"data": rows, "page": number, "pages": pages, "results": results or len(ids)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept"


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Opens a client as a new process would; all are closed at the end."""
    clients: list[LinodeClient] = []

    def open_client(server: ScriptedServer | str, token: str = TOKEN, **env: str) -> LinodeClient:
        url = server if isinstance(server, str) else f"{server.url}/v4"
        monkeypatch.setattr("time.sleep", lambda _: None)
        connection = Connection(url, token, "LINODE_TOKEN")
        kept = {"LINODE_CACHE_DIR": str(folder), **env}
        clients.append(LinodeClient(CatalogTransport(connection, kept)))
        return clients[-1]

    yield open_client
    for client in clients:
        client.transport.close()


def ids(client: LinodeClient, path: str = "/linode/types") -> list[object]:
    return [row["id"] for row in client.list_rows(path)]


def age(folder: Path) -> None:
    """All that is kept is too old from now on."""
    for file in folder.glob("*.sqlite"):
        with closing(sqlite3.connect(file)) as database:
            rows = database.execute("SELECT key, value FROM responses").fetchall()
            for key, value in rows:
                old = value.replace('"expires": "2', '"expires": "1')
                assert old != value
                database.execute("UPDATE responses SET value = ? WHERE key = ?", (old, key))
            database.commit()


def test_a_page_is_asked_for_once_by_all_processes(opened: Opened) -> None:
    with ScriptedServer(page("a", results=2, pages=2), page("b", results=2, number=2, pages=2)) as server:
        first = ids(opened(server))

        again = ids(opened(server))

        assert first == again == ["a", "b"]
        assert len(server.seen) == 2


def test_each_filter_has_an_answer_of_its_own(opened: Opened) -> None:
    with ScriptedServer(page("a"), page("b")) as server:
        client = opened(server)

        answers = [client.list_rows("/images", {"vendor": vendor}) for vendor in ("Debian", "Arch", "Debian")]

        assert [rows[0]["id"] for rows in answers] == ["a", "b", "a"]


def test_what_is_no_catalog_is_asked_every_time(opened: Opened) -> None:
    with ScriptedServer(Answer(body={"id": "private/7", "status": "creating"})) as server:
        client = opened(server)

        for _ in range(2):
            client.get("/images/private%2F7")
            client.transport.request("GET", "/profile")
            client.transport.request("POST", "/images", body={"label": "x"})

        assert len(server.seen) == 6
        assert all(seen.headers["Authorization"] == f"Bearer {TOKEN}" for seen in server.seen)


@pytest.mark.parametrize("other", ["another-token", ""])
def test_another_token_gets_no_answer_of_this_one(opened: Opened, other: str) -> None:
    with ScriptedServer(page("private/1"), page("private/2")) as server:
        mine = ids(opened(server), "/images")

        theirs = ids(opened(server, token=other), "/images")

        assert (mine, theirs) == (["private/1"], ["private/2"])


def test_another_address_gets_no_answer_of_this_one(opened: Opened) -> None:
    with ScriptedServer(page("a")) as one, ScriptedServer(page("b")) as other:
        assert ids(opened(one)) == ["a"]

        assert ids(opened(other)) == ["b"]


def test_an_address_on_this_machine_is_not_kept_without_a_token(opened: Opened, folder: Path) -> None:
    with ScriptedServer(page("a")) as server:
        ids(opened(server, token=""))
        ids(opened(server, token=""))

        assert len(server.seen) == 2
        assert not folder.exists()


def test_no_token_and_no_header_of_it_is_on_disk(opened: Opened, folder: Path) -> None:
    headers = {"Vary": "Authorization, X-Filter", "Set-Cookie": "session=abc", "X-Customer-UUID": "E-1"}
    with ScriptedServer(Answer(body=page("a").body, headers=headers)) as server:
        ids(opened(server))

        held = b"".join(file.read_bytes() for file in folder.iterdir()).lower()

        assert server.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert b'"id": "a"' in held or b"linode/types" in held
        for part in (TOKEN.encode(), b"authorization", b"bearer", b"session=abc", b"e-1"):
            assert part not in held
        assert [oct(file.stat().st_mode & 0o777) for file in folder.iterdir()] == ["0o600"]


def test_an_answer_that_repeats_the_token_is_not_kept(opened: Opened) -> None:
    with ScriptedServer(page(f"echo {TOKEN}")) as server:
        ids(opened(server))
        ids(opened(server))

        assert len(server.seen) == 2


@pytest.mark.parametrize(
    "wrong",
    ["<html>Please log in.</html>", {"data": None, "pages": "many"}, {"id": 7}, "7"],
    ids=("page", "shape", "object", "number"),
)
def test_an_answer_that_is_no_list_is_asked_for_again_and_never_kept(opened: Opened, wrong: object) -> None:
    """Something on the way may have answered in the API's place, as a hotel's gateway does."""
    with ScriptedServer(Answer(body=wrong), page("a")) as server:
        first = ids(opened(server))

        again = ids(opened(server))

        assert (first, again, len(server.seen)) == (["a"], ["a"], 2)


def test_a_bare_list_is_kept_too(opened: Opened) -> None:
    with ScriptedServer(Answer(body=[{"region": "de-fra-2"}])) as server:
        path = "/regions/availability"
        found = [opened(server).list_rows(path) for _ in range(2)]

        assert found == [[{"region": "de-fra-2"}]] * 2
        assert len(server.seen) == 1


def test_what_is_too_old_is_asked_for_again(opened: Opened, folder: Path) -> None:
    with ScriptedServer(page("a"), page("b")) as server:
        ids(opened(server))
        age(folder)

        assert ids(opened(server)) == ["b"]


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(503),
        Answer(429, errors("Too many requests")),
        Answer(cut=True),
        Answer(body="<html>Log in.</html>"),
    ],
)
def test_what_is_too_old_is_used_with_one_warning_when_the_api_is_out_of_order(
    opened: Opened,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    trouble: Answer,
) -> None:
    with ScriptedServer(page("a"), page("b"), trouble) as server:
        ids(opened(server))
        ids(opened(server), "/regions")
        age(folder)

        with caplog.at_level(logging.WARNING):
            client = opened(server)
            found = ids(client), ids(client, "/regions")
        warnings = [record.name for record in caplog.records]
        again = ids(opened(server))

    assert found == (["a"], ["b"])
    assert again == ["a"], "it stays for whoever comes next"
    assert warnings == ["linode.cache"]
    assert "can't be asked: the catalogs of" in caplog.text


def test_a_token_that_is_no_longer_good_is_told_though_answers_are_kept(opened: Opened, folder: Path) -> None:
    with ScriptedServer(page("a"), Answer(401, errors("Invalid Token"))) as server:
        ids(opened(server))
        age(folder)

        with pytest.raises(NotAuthorized):
            ids(opened(server))


def test_an_api_that_is_down_is_told_when_nothing_is_kept(opened: Opened) -> None:
    with pytest.raises(ApiUnreachable, match="can't be reached"):
        ids(opened("http://127.0.0.1:9/v4"))


@pytest.mark.parametrize("damage", ["noise", "half"])
def test_what_cannot_be_read_is_made_anew(opened: Opened, folder: Path, damage: str) -> None:
    with ScriptedServer(page("a")) as server:
        ids(opened(server))
        (file,) = folder.glob("*.sqlite")
        whole = file.read_bytes()
        file.write_bytes(b"noise" * 1000 if damage == "noise" else whole[: len(whole) // 2])

        found = ids(opened(server)), ids(opened(server))

        assert found == (["a"], ["a"])
        assert len(server.seen) == 2


def test_an_entry_that_cannot_be_read_is_made_anew(opened: Opened, folder: Path) -> None:
    with ScriptedServer(page("a")) as server:
        ids(opened(server))
        (file,) = folder.glob("*.sqlite")
        with closing(sqlite3.connect(file)) as database:
            database.execute("UPDATE responses SET value = '{half'")
            database.commit()

        assert ids(opened(server)) == ["a"]


def test_a_folder_that_cannot_be_made_makes_no_difference(
    opened: Opened, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file where the folder is to be")

    with ScriptedServer(page("a")) as server:
        assert ids(opened(server)) == ["a"]

    assert "catalogs are not kept on disk" in caplog.text


def test_what_nobody_wrote_to_for_a_month_is_removed(opened: Opened, folder: Path) -> None:
    with ScriptedServer(page("a")) as one, ScriptedServer(page("b")) as other:
        ids(opened(one))
        (old,) = folder.glob("*.sqlite")
        os.utime(old, (0, 0))

        ids(opened(other))

    assert not old.exists()
    assert len(list(folder.glob("*.sqlite"))) == 1


def test_offline_what_is_kept_is_used_and_nothing_else_is_asked(opened: Opened, folder: Path) -> None:
    with ScriptedServer(page("a")) as server:
        ids(opened(server))
        age(folder)
        offline = opened(server, LINODE_OFFLINE="1")

        found = ids(offline)

        assert found == ["a"]
        with pytest.raises(Offline, match=r"/v4/regions of .* was never kept here .* Next: unset"):
            ids(offline, "/regions")
        with pytest.raises(Offline, match=r"POST /linode/instances needs the API. Next: unset"):
            offline.post_once("/linode/instances", {})
        assert len(server.seen) == 1


def test_offline_without_a_cache_is_told(opened: Opened) -> None:
    with pytest.raises(Offline, match="needs the API"):
        ids(opened("http://127.0.0.1:9/v4", token="", LINODE_OFFLINE="1"))


def test_a_catalog_is_renewed_once_when_it_lacks_something(folder: Path, opened: Opened) -> None:
    with ScriptedServer(page("a"), page("a", "b")) as server:
        ids(opened(server))
        connection = Connection(f"{server.url}/v4", TOKEN, "LINODE_TOKEN")
        transport = CatalogTransport(connection, {"LINODE_CACHE_DIR": str(folder)})
        client, kept = LinodeClient(transport), transport.cache
        assert kept is not None

        before = ids(client)
        renewed = [kept.renew("/linode/types"), kept.renew("/linode/types")]
        after = ids(client), ids(client)
        client.transport.close()

        assert (before, renewed, after) == (["a"], [True, False], (["a", "b"], ["a", "b"]))
        assert len(server.seen) == 2


READER = """
import sys
from providers.linode.api.catalog_transport import CatalogTransport
from providers.linode.api.client import LinodeClient
from providers.linode.api.connection import Connection
connection = Connection(sys.argv[1], "planted-secret-token", "LINODE_TOKEN")
client = LinodeClient(CatalogTransport(connection))
for path in ("/linode/types", "/regions", "/images") * 5:
    assert [row["id"] for row in client.list_rows(path)] == ["a"]
"""


def test_several_processes_use_it_at_once(folder: Path) -> None:
    env = {"LINODE_CACHE_DIR": str(folder), "PYTHONPATH": str(PROJECT)}
    with ScriptedServer(page("a")) as server:
        words = [sys.executable, "-c", READER, f"{server.url}/v4"]
        started = [
            subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for _ in range(4)
        ]
        ended = [(process.communicate(timeout=60)[0], process.returncode) for process in started]

        assert ended == [("", 0)] * 4
        assert len(server.seen) <= 12
