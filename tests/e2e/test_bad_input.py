"""What goes wrong is one clear line, and nothing is lost by it."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.checkout import Checkout


def assert_clear(said: str, *parts: str) -> None:
    """There is a line with all the parts, it tells the next step, and nobody sees a traceback."""
    assert any(all(part in line for part in (*parts, "Next:")) for line in said.splitlines()), said
    assert "Traceback" not in said
    assert "KeyboardInterrupt" not in said


def test_settings_with_a_misspelt_key_name_the_nearest(previewed: Checkout) -> None:
    previewed.set_group("web", cuont=3)

    done = previewed.run("up")

    assert done.code == 1
    assert "fleet:servers.web.cuont: no such setting (did you mean count?)" in done.said
    assert "Traceback" not in done.said
    assert "unhandled error" not in done.said
    assert previewed.linodes() == {}


def test_a_wrong_token_is_told_with_its_scope(previewed: Checkout) -> None:
    env = dev_of(previewed, LINODE_TOKEN="wrong-token")

    done = previewed.run("up", "--stack", "dev", "--yes", "--skip-preview", env=env)

    assert done.code == 1
    assert_clear(done.said, "401", "Invalid Token", "LINODE_TOKEN")
    assert "wrong-token" not in done.said


@pytest.mark.all
def test_no_token_is_told_with_the_way_to_give_one(previewed: Checkout) -> None:
    env = dev_of(previewed)

    done = previewed.run("preview", "--stack", "dev", env=env)

    assert done.code == 1
    assert_clear(done.said, "LINODE_TOKEN", "linode:token")


def test_an_api_that_cannot_be_reached_is_told(previewed: Checkout) -> None:
    env = dev_of(previewed, LINODE_URL="http://127.0.0.1:9", LINODE_TOKEN="some-token")

    done = previewed.run("preview", "--stack", "dev", env=env)

    assert done.code == 1
    assert_clear(done.said, "127.0.0.1:9", "can't be reached")


@pytest.mark.all
def test_a_label_that_is_taken_is_told_with_its_holder(previewed: Checkout) -> None:
    taken = {"type": "g6-nanode-1", "region": "gb-lon", "label": "fleet-local-web-2"}
    holder = previewed.call("POST", "/linode/instances", taken)

    done = previewed.run("up")

    assert done.code == 1
    assert_clear(done.said, "label", f"taken by Linode {holder['id']}")
    previewed.call("DELETE", f"/linode/instances/{holder['id']}")
    assert previewed.run("up").code == 0


@pytest.mark.all
def test_stack_local_refuses_an_address_elsewhere(deployed: Checkout) -> None:
    text = deployed.local_settings.read_text()
    deployed.local_settings.write_text(
        text.replace(f"http://127.0.0.1:{deployed.port}", "https://api.linode.com")
    )

    words = [
        "up",
        "--yes",
        "--skip-preview",
        "--stack",
        "local",
        "--config-file",
        str(deployed.local_settings),
    ]
    done = deployed.engine_command(*words, env=deployed.backend)

    assert done.code == 1
    assert_clear(done.said, "stack 'local'", "api.linode.com")


@pytest.mark.all
def test_stack_local_ignores_the_tokens_of_the_environment(checkout: Checkout) -> None:
    done = checkout.run("up", env={"LINODE_TOKEN": "prod-token", "LINODE_URL": "https://api.linode.com"})

    assert done.code == 0, done.said
    assert len(checkout.linodes()) == 4


@pytest.mark.all
def test_a_token_of_another_account_stops_every_command(previewed: Checkout) -> None:
    env = dev_of(previewed, LINODE_TOKEN=previewed.token)
    assert previewed.run("up", "--stack", "dev", "--yes", "--skip-preview", env=env).code == 0
    before, writes = previewed.linodes(), previewed.writes()
    stranger = {**env, "LINODE_TOKEN": previewed.new_token("stranger")}

    for command in ("preview", "up", "refresh", "down", "show", "pin", "unlock"):
        unasked = ("--yes", "--skip-preview") if command in ("up", "refresh", "down") else ()
        done = previewed.run(command, "--stack", "dev", *unasked, env=stranger)

        assert done.code == 1, done.said
        assert_clear(done.said, "stack 'dev' belongs to account")
        assert "LinodeError" not in done.said
        assert "providers.linode" not in done.said
    assert previewed.run("show", "--stack", "dev", env={**env, "LINODE_TOKEN": ""}).code == 0, (
        "nobody's token"
    )
    assert previewed.linodes() == before
    assert previewed.writes() == writes


def test_a_damaged_state_is_told_and_left_alone(deployed: Checkout) -> None:
    file = deployed.local / "state" / ".pulumi" / "stacks" / "fleet" / "local.json"
    file.write_text(file.read_text()[:2000])
    damaged = file.read_text()

    done = deployed.run("up")

    shown = deployed.run("show")
    assert done.code != 0
    for said in (done.said, shown.said):
        assert_clear(said, "state", "is corrupt", "was left as it is", ".bak")
        assert "stack output" not in said
    assert file.read_text() == damaged
    assert len(deployed.linodes()) == 4


def dev_of(checkout: Checkout, **variables: str) -> dict[str, str]:
    """The environment of a new stack `dev` against the local API."""
    env = {
        "LINODE_URL": checkout.api,
        "PULUMI_BACKEND_URL": checkout.backend["PULUMI_BACKEND_URL"],
        "PULUMI_CONFIG_PASSPHRASE": "x",
        **variables,
    }
    done = checkout.engine_command("stack", "init", "dev", env=env)
    assert done.code == 0, done.said
    return env


@pytest.mark.all
def test_the_folder_of_stack_local_can_be_removed_to_begin_anew(deployed: Checkout) -> None:
    shutil.rmtree(deployed.local)

    again = deployed.run("up")

    assert again.code == 0, again.said
    assert "18 created" in again.said
    assert len(deployed.linodes()) == 4


def test_a_template_that_pulumi_wrote_into_spoils_nothing(checkout: Checkout) -> None:
    template = checkout.root / "stacks" / "Pulumi.local.yaml"
    template.write_text(f"encryptionsalt: v1:somebody:else\n{template.read_text()}")

    done = checkout.run("preview")

    assert done.code == 0, done.said


def test_settings_of_stack_local_are_mended_and_blamed_where_they_lie(previewed: Checkout) -> None:
    text = re.sub(r" *linode:token:\n *secure: .*\n", "", previewed.local_settings.read_text())
    previewed.local_settings.write_text(text)
    without_token = previewed.run("preview")
    previewed.set_group("web", count="lots")

    wrong = previewed.run("preview")

    assert "linode:token" not in text
    assert without_token.code == 0, without_token.said
    assert "stacks/Pulumi.local.yaml:" in wrong.said
    assert "fleet:servers.web.count: must be a valid integer" in wrong.said


def test_a_stack_that_was_never_made_and_settings_that_are_no_yaml_are_told(previewed: Checkout) -> None:
    env = dev_of(previewed, LINODE_TOKEN=previewed.token)

    never = previewed.run("preview", "--stack", "staging", env=env)
    (previewed.root / "stacks" / "Pulumi.staging.yaml").write_text("config:\n  fleet:servers: [\n")
    broken = previewed.run("preview", "--stack", "staging", env=env)

    assert_clear(never.said, "stack 'staging' was never made", "stack init staging")
    assert_clear(broken.said, "stacks/Pulumi.staging.yaml:", "not valid YAML")
