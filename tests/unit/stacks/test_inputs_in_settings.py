"""What groups of servers say beyond their own settings: inputs of Linodes, volumes, firewalls, keys and user data."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from providers.linode.project import PROJECT
from stacks import settings as stack_settings, sources
from stacks.errors import BadSettings
from stacks.explaining import explained, schema_text
from stacks.filling import IN_LABELS, IN_USER_DATA, NAMES, filled
from stacks.layers import Layer, merge, read_layer
from stacks.servers import instance_args
from stacks.settings import Settings, parse

GROUP = {"count": 1, "region": {}, "type": {}, "image": {"vendor": "Debian"}}
RULE = {"action": "ACCEPT", "protocol": "TCP", "ports": "443", "addresses": {"ipv4": ["0.0.0.0/0"]}}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ops"
WALL = {"inbound_policy": "DROP", "outbound_policy": "ACCEPT", "inbound": [RULE]}


def settings(group: dict[str, object], **others: object) -> Settings:
    values = {"servers": {"web": {**GROUP, **group}}, **others}
    return parse(Layer({f"fleet:{key}": value for key, value in values.items()}), "dev")


def said_of(group: dict[str, object], **others: object) -> str:
    with pytest.raises(BadSettings) as caught:
        settings(group, **others)
    return str(caught.value)


def test_a_group_takes_every_input_of_a_linode_as_it_is() -> None:
    given = {"private_ip": True, "swap_size": 1024, "timeouts": {"create": "15m"}, "placement_group": 7}

    assert settings(given).servers["web"].inputs == given


def test_what_a_group_says_of_changes_reaches_its_servers() -> None:
    wanted = {
        "allow_downtime": False,
        "allow_data_loss": True,
        "resize_disk": False,
        "on_image_change": "ignore",
    }
    group = settings({**wanted, "running": False}).servers["web"]
    one = SimpleNamespace(id="one")
    chosen: Any = SimpleNamespace(type=one, region=one, image=one, kernel=None)
    password: Any = SimpleNamespace(result="x")

    args = instance_args(group, chosen, password, [])

    assert {name: args.value(name) for name in wanted} == wanted
    assert args.booted is False


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ({"privat_ip": True}, "fleet:servers.web.privat_ip: no such setting (did you mean private_ip"),
        ({"swap_size": -1}, "fleet:servers.web.swap_size: must be a whole number of 0 or more"),
        ({"booted": False}, "fleet:servers.web.booted: no such setting (say running)"),
        ({"firewall_id": 7}, "fleet:servers.web.firewall_id: no such setting (say firewall)"),
        ({"root_pass": "x"}, "fleet:servers.web.root_pass: no such setting"),
        ({"label": "a"}, "fleet:servers.web.label: must have 3 to 64 letters"),
        ({"volumes": {"data": {"size": 1}}}, "volumes.data.size: must be a whole number of GB, 10 to"),
        ({"volumes": {"data": {"sise": 20}}}, "volumes.data.sise: no such setting (did you mean size?)"),
        ({"volumes": {"data": {"linode_id": 4}}}, "volumes.data.linode_id: no such setting"),
        ({"volumes": {"data": 20}}, "volumes.data: must be a map of settings (got 20)"),
        (
            {"firewall": "wep"},
            "fleet:servers.web.firewall: wep is not in fleet:firewalls (did you mean web?)",
        ),
        (
            {"ssh_keys": ["obs"]},
            "fleet:servers.web.ssh_keys: obs is not in fleet:ssh_keys (did you mean ops?)",
        ),
        (
            {"private_network": "bak"},
            "private_network: bak is not in fleet:private_networks (did you mean back?)",
        ),
        ({"placement": "spred"}, "placement: must be 'spread'"),
        ({"user_data": "${fleet.stak}"}, "user_data: ${fleet.stak} has no value (did you mean stack?)"),
        ({"label": "web-{x}"}, "label: {x} has no value: known are project, stack"),
        ({"label": "web", "count": 2}, "label: 2 servers can't share it. Next: put {n} into it"),
        ({"dns": {"zone": "example.org", "name": "web"}, "count": 2}, "dns.name: 2 servers can't share it"),
        ({"dns": {"zone": "example.org", "name": "{m}"}}, "dns.name: {m} has no value"),
        (
            {"load_balancer": [{"port": 80, "protocol": "htp"}]},
            "load_balancer: [0].protocol must be one of http",
        ),
        ({"load_balancer": [{"port": 80, "to": 0}]}, "load_balancer: [0].to must be a whole number"),
        (
            {"load_balancer": [{"port": 80, "nodes": []}]},
            "load_balancer: [0].nodes are the group's servers. Next: leave them out.",
        ),
        ({"load_balancer": [{"prt": 80}]}, "load_balancer: [0] takes no 'prt' (did you mean port"),
        (
            {"load_balancer": [{"port": 80}], "interface_generation": "linode"},
            "load_balancer: needs private addresses",
        ),
        ({"load_balancer": [{"port": 80}], "private_ip": False}, "private_ip: the load balancer needs it"),
        ({"placement": "spread", "placement_group": 7}, "placement_group: is set as well as placement"),
        ({"reserved_ipv4": "198.51.100.7", "count": 2}, "reserved_ipv4: 2 servers can't share it"),
        (
            {"reserved_ip": True, "reserved_ipv4": "198.51.100.7"},
            "reserved_ipv4: is set as well as reserved_ip",
        ),
        (
            {"reserved_ip": True, "interface_generation": "linode"},
            "reserved_ip: is for legacy interfaces",
        ),
        ({"user_data": {"packages": []}}, "user_data: must be a text"),
        ({"user_data_file": "../README.md"}, "user_data_file: must be a file of its own in stacks/"),
        ({"user_data_file": "Pulumi.dev.yaml"}, "user_data_file: must be a file of its own in stacks/"),
        ({"volumes": {"data": {"label": "data"}}, "count": 2}, "data.label: 2 servers can't share it"),
        ({"dns": {"zone": "example.org", "name": "www.example.com."}}, "dns.name: is not in example.org"),
        ({"dns": {"zone": "Slave.org.", "name": "www"}}, "dns.zone: slave.org is a slave"),
        ({"dns": {"zone": "example.org", "nam": "www"}}, "dns.nam: no such setting (did you mean name"),
        ({"dns": {"zone": "example.org"}}, "dns.name: is required. Next: give it."),
        (
            {"dns": {"zone": "example.org", "name": "www"}, "interfaces": [{"vpc": {"subnet_id": 5}}]},
            "dns: the servers have no public address. Next: give them a public interface",
        ),
        ({"user_data_file": "none.yaml"}, "user_data_file: stacks/none.yaml can't be read: No such file"),
        ({"user_data_file": "\ud800"}, r"user_data_file: '\ud800' can't be the name of a file"),
        ({"user_data_file": "a\0b"}, r"user_data_file: 'a\x00b' can't be the name of a file"),
        ({"user_data_file": "x", "user_data": "y"}, "user_data_file: is set as well as user_data"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(group: dict[str, object], told: str) -> None:
    known = {"firewalls": {"web": WALL}, "ssh_keys": {"ops": KEY}}
    known["zones"] = {"slave.org": {"type": "slave", "master_ips": ["198.51.100.1"]}}

    assert told in said_of(group, **known, private_networks={"back": {"ipv4": "10.0.0.0/24"}})


@pytest.mark.parametrize("keys", [{"ssh_keys": {"ops": KEY[:52]}}, {"authorized_keys": ["rubbish"]}])
def test_a_key_that_is_cut_off_is_refused_before_a_server_is_recreated_for_it(
    keys: dict[str, object],
) -> None:
    assert "must be an SSH public key in full: ssh-ed25519 AAAA…" in said_of({}, **keys)


def test_what_is_wrong_with_a_firewall_is_told_with_its_place() -> None:
    said = said_of({}, firewalls={"web": {**WALL, "inbound": [{**RULE, "protocol": "TPC"}], "linodes": [1]}})

    assert "fleet:firewalls.web.inbound: [0].protocol must be TCP" in said
    assert "fleet:firewalls.web.linodes: no such setting (say firewall)" in said


def test_what_is_wrong_with_a_zone_is_told_with_its_place() -> None:
    said = said_of({}, zones={"example.org": {"soa_email": "nobody", "domain": "x.org"}})

    assert "soa_email: must be an email address" in said
    assert "domain: no such setting" in said


def test_what_the_models_and_what_the_kinds_find_is_told_together() -> None:
    said = said_of({"count": "lots", "swap_size": -1})

    assert "web.count: " in said
    assert "web.swap_size: " in said


def test_an_encrypted_input_is_not_judged_by_what_stands_for_it_and_all_around_it_is() -> None:
    port = {"port": 443, "protocol": "https", "ssl_key": "[secret]"}

    assert settings({"stackscript_data": "[secret]"}).servers["web"].inputs
    assert settings({"load_balancer": [{**port, "ssl_cert": "placeholder"}]}).servers["web"].load_balancer
    assert "[0].check_path" in said_of({"load_balancer": [{**port, "check_path": 5}]})


def test_a_label_that_something_gets_by_itself_is_judged_with_the_longest_name() -> None:
    name = "web-servers-of-the-shop"
    group = {
        **GROUP,
        "count": 10,
        "load_balancer": [{"port": 80}],
        "volumes": {"d": {}, "e": {"label": "e-{n}"}},
    }
    long = {"fleet:servers": {name: {**group, "label": "{n}.web"}}, "fleet:firewalls": {name: WALL}}

    with pytest.raises(BadSettings) as caught:
        parse(Layer(long), "staging")

    said = str(caught.value).splitlines()[1:]
    assert [line.partition(", which must have")[0].strip() for line in said] == [
        f"fleet:firewalls.{name}: gets the label fleet-staging-{name}",
        f"fleet:servers.{name}.load_balancer: gets the label fleet-staging-{name}",
        f"fleet:servers.{name}.volumes.d: gets the label fleet-staging-{name}-10-d",
    ]
    assert all(line.endswith(". Next: choose a shorter name") for line in said)


def test_an_adopted_server_keeps_its_label_and_gives_its_volumes_theirs() -> None:
    group: dict[str, object] = {"adopt": ["a" * 54], "swap_size": 512}

    assert settings(group).servers["web"].size == 2
    assert f"web.volumes.d: gets the label fleet-dev-web-{'a' * 54}-d" in said_of(
        {**group, "volumes": {"d": {}}}
    )


@pytest.mark.parametrize("inputs", [{}, {"swap_size": 512}])
def test_the_label_of_a_server_is_judged_whatever_else_is_given(inputs: dict[str, object]) -> None:
    name = "w" * 60

    with pytest.raises(
        BadSettings, match=rf"servers\.{name}: gets the label fleet-dev-{name}-10, which must have"
    ):
        parse(Layer({"fleet:servers": {name: {**GROUP, **inputs, "count": 10}}}), "dev")

    assert parse(Layer({"fleet:servers": {name: {**GROUP, **inputs, "count": 0}}}), "dev").servers


def test_a_group_without_servers_has_no_volumes_whose_labels_are_judged() -> None:
    assert settings({"count": 0, "volumes": {"data": {"size": 20}}}).servers["web"].size == 0


def test_what_is_no_count_is_in_no_label() -> None:
    counts: tuple[dict[str, object], ...] = ({"count": None}, {"count": "lots"}, {"count": [1]})

    for count in counts:
        said = said_of({**count, "volumes": {"d" * 40: {}}})
        assert "web.count: " in said
        assert f"gets the label fleet-dev-web-1-{'d' * 40}, which" in said


@pytest.mark.parametrize(("name", "better"), [("web-", "another"), ("w" * 60, "a shorter")])
def test_a_shorter_name_is_the_advice_where_the_length_is_what_is_wrong(name: str, better: str) -> None:
    group = {**GROUP, "load_balancer": [{"port": 80}], "volumes": {"d": {}}}

    with pytest.raises(BadSettings) as caught:
        parse(Layer({"fleet:servers": {name: group}, "fleet:firewalls": {name: WALL}}), "dev")

    said = [line for line in str(caught.value).splitlines() if "gets the label" in line]
    assert {line.rpartition("Next: ")[2] for line in said} == {f"choose {better} name"}
    assert len(said) >= 3


def test_what_a_firewall_lacks_is_told() -> None:
    assert "fleet:firewalls.web: inbound_policy is required. Next: give it." in said_of(
        {}, firewalls={"web": {}}
    )


@pytest.mark.parametrize("label", ["{name}", "{stack}-1", "{group}", "web"])
def test_a_label_is_judged_as_it_will_be(label: str) -> None:
    assert settings({"label": label, "adopt": ["old-web"]}).servers["web"].count == 1


@pytest.mark.parametrize("key", ["adopt", "label"])
@pytest.mark.parametrize(
    ("count", "wanted", "said"),
    [
        (2, "old-{n}", ""),
        (1, "old", ""),
        (2, "old", "2 servers can't share it. Next: put {n} into it"),
        (2, "old-{m}", "{m} has no value"),
    ],
)
def test_servers_do_not_share_a_volume_nor_its_label(key: str, count: int, wanted: str, said: str) -> None:
    group: dict[str, object] = {"count": count, "volumes": {"data": {key: wanted}}}

    if not said:
        assert settings(group).servers["web"].volumes["data"][key] == wanted
    else:
        assert f"volumes.data.{key}: {said}" in said_of(group)


def test_an_id_is_no_volume_of_two_servers() -> None:
    group: dict[str, object] = {"count": 2, "volumes": {"data": {"adopt": 4711}}}

    assert "volumes.data.adopt: 2 servers can't share it" in said_of(group)


def test_two_groups_can_not_share_a_label() -> None:
    both = {"web": {**GROUP, "label": "srv-{n}"}, "db": {**GROUP, "label": "srv-{n}", "count": 2}}

    with pytest.raises(BadSettings, match=r"fleet:servers\.db\.label: srv-1 is a label of group web, too"):
        parse(Layer({"fleet:servers": both}), "dev")


def test_null_removes_in_a_map_that_is_new_too() -> None:
    layers = [Layer({}), Layer({"fleet:zones": {"example.com": None, "example.org": {"soa_email": None}}})]

    assert merge(layers).values == {"fleet:zones": {"example.org": {}}}


def test_user_data_comes_from_a_file_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_settings, "FOLDER", tmp_path / "stacks")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "web.sh").write_text("#!/bin/sh\necho ${fleet.name} ${HOME} $$\n")

    assert settings({"user_data_file": "web.sh"}).servers["web"].user_data() == (
        "#!/bin/sh\necho ${fleet.name} ${HOME} $$\n"
    )
    (tmp_path / "stacks" / "web.sh").write_bytes(b"\xff")
    assert "stacks/web.sh can't be read: it is not UTF-8 text" in said_of({"user_data_file": "web.sh"})


def test_only_places_of_the_stack_are_filled_in() -> None:
    values = {name: f"<{name}>" for name in NAMES}

    assert filled("echo ${fleet.name} ${name} {n} $$", IN_USER_DATA, values) == "echo <name> ${name} {n} $$"
    assert filled("{stack}-{n}", IN_LABELS, values) == "<stack>-<n>"


def test_they_are_explained_and_in_the_schema() -> None:
    layer = Layer({"fleet:servers": {"web": {**GROUP, "swap_size": 512, "volumes": {"data": {"size": 30}}}}})
    found = {".".join(map(str, path)): value for path, value, _ in explained("dev", layer)}
    group = json.loads(schema_text())["$defs"]["Group"]["properties"]

    assert found["fleet:servers.web.swap_size"] == 512
    assert found["fleet:servers.web.volumes.data.size"] == 30
    assert group["volumes"]["additionalProperties"]["properties"].keys() == {
        "label",
        "size",
        "encryption",
        "source_volume_id",
        "persist_across_boots",
        "tags",
        "adopt",
    }
    assert {"private_ip", "swap_size", "interfaces", "label"} <= group.keys()
    assert not {"booted", "root_pass", "firewall_id"} & group.keys()


def test_the_example_of_the_document_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROJECT / "docs" / "environments.md").read_text()
    example = text.split("## Around a server")[1].split("```yaml\n")[1].split("```")[0]
    (tmp_path / "Pulumi.dev.yaml").write_text(example.replace("AAAA…", KEY.split()[1]))
    (tmp_path / "web.yaml").write_text("#cloud-config\n")
    monkeypatch.setattr(stack_settings, "FOLDER", tmp_path)

    common = sources.of_files("dev")
    found = parse(merge([common, read_layer(tmp_path / "Pulumi.dev.yaml", "example")]), "dev").servers["web"]

    assert (found.firewall, found.inputs["label"]) == ("web", "web-{n}.{stack}")
