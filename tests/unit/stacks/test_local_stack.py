from __future__ import annotations

import stat
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stacks.errors import BadSettings
from stacks.local_api import LocalApi, write_private
from stacks.local_stack import LocalStack, of_environment


def test_the_environment_of_stack_local_has_nobody_elses_secrets(tmp_path: Path) -> None:
    before = {
        "LINODE_TOKEN": "prod",
        "LINODE_URL": "https://x",
        "PULUMI_CONFIG_PASSPHRASE": "other",
        "PATH": "/bin",
    }

    env = LocalStack(tmp_path).environment(before)

    assert {"LINODE_TOKEN", "LINODE_URL", "PULUMI_CONFIG_PASSPHRASE"}.isdisjoint(env)
    assert env["PATH"] == "/bin"
    assert env["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/state"


def test_files_with_secrets_are_the_owners_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "token", "x")

    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


@pytest.mark.parametrize("port", ["many", "80x"])
def test_a_port_that_is_no_number_is_told(port: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="LOCAL_PORT"):
        LocalStack(tmp_path).api({"LOCAL_PORT": port})


def test_the_port_comes_from_the_settings_once_they_are_made(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    stack.settings.write_text("config:\n  linode:url: http://127.0.0.1:9999\n")

    assert stack.api({}).port == 9999
    assert stack.api({"LOCAL_PORT": "9998"}).port == 9998


@pytest.mark.parametrize("text", ["config: {}", "config:", "{", "config: {linode:url: 'http://x:port'}"])
def test_settings_that_are_broken_are_told_and_left_alone(text: str, tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    stack.settings.write_text(text)

    with pytest.raises(BadSettings, match="linode:url.*Next:"):
        stack.api({})

    assert stack.settings.read_text() == text


def test_another_program_on_the_port_is_told(tmp_path: Path) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.raises(BadSettings, match=r"in use by another program.*LOCAL_PORT="):
            LocalApi(tmp_path, server.server_address[1]).start()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_damaged_state_is_told_and_left_alone(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    stack.checkpoint.parent.mkdir(parents=True)
    stack.checkpoint.write_text("{half")

    with pytest.raises(BadSettings, match=r"can't be read.*\.bak"):
        stack._salt_in_state()

    assert stack.checkpoint.read_text() == "{half"


def test_the_folder_is_the_projects_unless_another_is_named(tmp_path: Path) -> None:
    assert of_environment({}).home.name == ".local"
    assert of_environment({"LOCAL_HOME": str(tmp_path)}).home == tmp_path
