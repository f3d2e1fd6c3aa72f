from __future__ import annotations

import stat
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from emulators.linode_api.server import LocalApi as Served
from fleet.engine import local_stack
from fleet.engine.engine import Engine
from fleet.engine.local_api import LocalApi, write_private
from fleet.engine.local_stack import LocalStack, of_environment
from stacks.errors import BadSettings
from tests.checkout import free_port


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


@pytest.mark.parametrize("text", ["config: {}", "config:", "config: {linode:url: 'http://x:port'}"])
def test_settings_that_are_broken_are_told_and_left_alone(text: str, tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    stack.settings.write_text(text)

    with pytest.raises(BadSettings, match="linode:url.*Next:"):
        stack.api({})

    assert stack.settings.read_text() == text


def test_the_settings_are_those_of_the_template_as_it_is_now_with_every_scalar_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "template" / "Pulumi.local.yaml"
    template.parent.mkdir()
    monkeypatch.setattr(local_stack, "TEMPLATE", template)
    stack, api = LocalStack(tmp_path), LocalApi(tmp_path, 9)
    write_private(stack.passphrase, "x")
    first = (
        "config:\n  linode:url: http://127.0.0.1:9\n  linode:token: {secure: v1:a}\n  fleet:pins: mine.json\n"
    )
    stack.settings.write_text(f"encryptionsalt: v1:own\n{first}")
    template.write_text(
        "encryptionsalt: v1:other\nconfig:\n    fleet:a: no\n    fleet:b: [1:30, 2026-01-02, 'x']\n"
    )

    stack.prepare(Engine("none", ()), api, {})

    made = yaml.load(stack.settings.read_text(), Loader=yaml.BaseLoader)  # noqa: S506 - makes texts alone
    assert made == {
        "encryptionsalt": "v1:own",
        "config": {
            "fleet:a": "no",
            "fleet:b": ["1:30", "2026-01-02", "x"],
            "fleet:pins": str(tmp_path / "pins.local.json"),
            "linode:url": "http://127.0.0.1:9",
            "linode:token": {"secure": "v1:a"},
        },
    }
    assert "'no'" not in stack.settings.read_text()
    assert stack.settings.read_text().startswith("# Made from stacks/Pulumi.local.yaml")


def test_a_template_that_is_no_yaml_is_told_and_the_settings_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "template" / "Pulumi.local.yaml"
    template.parent.mkdir()
    template.write_text("config: {a: [\n")
    monkeypatch.setattr(local_stack, "TEMPLATE", template)
    stack = LocalStack(tmp_path)
    write_private(stack.passphrase, "x")
    text = "encryptionsalt: v1:own\nconfig: {linode:url: 'http://127.0.0.1:9', linode:token: {secure: a}}\n"
    stack.settings.write_text(text)

    with pytest.raises(BadSettings, match=r"stacks/Pulumi\.local\.yaml:2: not valid YAML"):
        stack.prepare(Engine("none", ()), LocalApi(tmp_path, 9), {})

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


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"LOCAL_PORT": "0"}, "no port"),
        ({"LOCAL_PORT": "99999"}, "no port"),
        ({"LOCAL_PORT": "-5"}, "no port"),
        ({"LOCAL_SPEED": "0"}, "no speed"),
        ({"LOCAL_SPEED": "nan"}, "no speed"),
        ({"LOCAL_SPEED": "inf"}, "no speed"),
    ],
)
def test_absurd_ports_and_speeds_are_told(variables: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=f"{said}.*Next:"):
        LocalStack(tmp_path).api(variables)


def test_a_lost_passphrase_is_told_and_none_is_invented(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    stack.checkpoint.parent.mkdir(parents=True)
    stack.checkpoint.write_text("{}")

    with pytest.raises(BadSettings, match="passphrase is missing.*Next: put it back"):
        stack.prepare(Engine("none", ()), LocalApi(tmp_path, 9), {})

    assert not stack.passphrase.exists()


def test_settings_that_are_no_yaml_are_told_with_their_line(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path)
    stack.settings.write_text("config:\n  linode:url: x\n  fleet:servers: {web: [\n")

    with pytest.raises(BadSettings, match=r"yaml:4: not valid YAML"):
        stack.api({})


def test_one_folder_has_one_local_api(tmp_path: Path) -> None:
    with Served(tmp_path / "linode.sqlite3", speed=60) as running:
        (tmp_path / "api.port").write_text(str(running.port))

        with pytest.raises(BadSettings, match=f"runs on port {running.port} already"):
            LocalApi(tmp_path, free_port()).start()


def test_another_speed_than_it_runs_with_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Served(tmp_path / "linode.sqlite3", speed=60) as running:
        (tmp_path / "token").write_text("one")
        for speed, is_given in ((5, False), (60, True), (5, True)):
            LocalApi(tmp_path, running.port, speed, is_speed_given=is_given).start()

    assert capsys.readouterr().err == (
        "local API: goes on 60 times as fast as the real one; LOCAL_SPEED=5 counts when it is started again, "
        "after `fleet stop`\n"
    )


def test_a_lost_database_is_told_and_none_is_begun_under_a_token_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of the old one")

    with pytest.raises(BadSettings, match=r"linode\.sqlite3 is missing.*or remove .* to start over"):
        LocalApi(tmp_path, free_port()).start()


def test_the_default_speed_passes_a_minute_in_a_second(tmp_path: Path) -> None:
    assert LocalStack(tmp_path).api({}).speed == 60
