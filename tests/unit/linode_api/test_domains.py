"""Domains, their records, and the reverse names of addresses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.linode_api.serving import EMPTY, Caller, made, reasons

MASTER = {"type": "master", "domain": "shop.example", "soa_email": "ops@shop.example"}


@pytest.fixture
def domain(caller: Caller, account: str) -> dict[str, Any]:
    return made(caller.post("/domains", {**MASTER, "domain": f"{account}.example"}))


def record(caller: Caller, domain: dict[str, Any], type_: str, **body: Any) -> dict[str, Any]:
    return made(caller.post(f"/domains/{domain['id']}/records", {"type": type_, **body}))


def test_a_domain_is_made_listed_changed_and_deleted_with_its_records(
    caller: Caller, domain: dict[str, Any]
) -> None:
    path = f"/domains/{domain['id']}"
    www = record(caller, domain, "A", name="www", target="192.0.2.1")

    changed = made(caller.put(path, {"description": "the shop", "tags": ["web"]}))
    listed = caller.rows("/domains", where={"domain": domain["domain"]})
    made(caller.delete(path))

    assert listed == [changed]
    assert (changed["description"], changed["soa_email"]) == ("the shop", domain["soa_email"])
    assert caller.get(f"{path}/records/{www['id']}").status_code == 404
    assert caller.actions() == [
        "domain_create",
        "domain_record_create",
        "domain_update",
        "domain_delete",
    ]


@pytest.mark.parametrize(
    ("sent", "kept"), [(0, 0), (1, 30), (299, 300), (300, 300), (86_401, 172_800), (9_999_999, 2_419_200)]
)
def test_seconds_are_rounded_up_to_a_step(
    caller: Caller, domain: dict[str, Any], sent: int, kept: int
) -> None:
    names = ("refresh_sec", "retry_sec", "expire_sec", "ttl_sec")

    changed = made(caller.put(f"/domains/{domain['id']}", dict.fromkeys(names, sent)))
    row = record(caller, domain, "TXT", target="x", ttl_sec=sent)

    assert [changed[name] for name in names] == [kept] * 4
    assert row["ttl_sec"] == kept


def test_what_a_domain_lacks_is_told_in_the_words_of_the_api(caller: Caller, domain: dict[str, Any]) -> None:
    other = Caller(caller.api, caller.api.add_token("another"))
    slave = {"type": "slave", "domain": "copy.example"}

    assert reasons(caller.post("/domains", {"domain": "a.example"})) == [("type", "type is required")]
    assert reasons(caller.post("/domains", {**MASTER, "soa_email": None})) == [
        ("soa_email", "soa_email required when type=master")
    ]
    assert reasons(caller.post("/domains", slave)) == [
        ("master_ips", "You need at least one master DNS server IP address for this zone.")
    ]
    assert reasons(other.post("/domains", {**MASTER, "domain": domain["domain"].upper()}))[0][0] == "domain"
    assert reasons(
        caller.post("/domains/import", {"domain": "a.example", "remote_nameserver": "ns.a.example"})
    ) == [("remote_nameserver", "This API runs without a network and transfers no zones.")]
    made(caller.post("/domains", {**slave, "master_ips": ["192.0.2.7", "2001:db8::7"]}))
    other.close()


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"type": "A", "name": "www.ZONE", "target": "192.0.2.1"}, {"name": "www"}),
        ({"type": "A", "name": "ZONE", "target": "[remote_addr]"}, {"name": "", "target": "127.0.0.1"}),
        ({"type": "AAAA", "name": "www", "target": "2001:0DB8:0::1"}, {"target": "2001:db8::1"}),
        ({"type": "CNAME", "name": "cdn", "target": "edge.example.net."}, {"target": "edge.example.net"}),
        ({"type": "MX", "target": "mail.ZONE"}, {"name": "", "priority": 0}),
        ({"type": "MX", "name": "", "target": ""}, {"target": "", "priority": 0}),
        ({"type": "TXT", "name": "_dmarc", "target": "x" * 4000}, {"target": "x" * 4000}),
        (
            {
                "type": "SRV",
                "service": "sip",
                "protocol": "tcp",
                "port": 5060,
                "priority": 1,
                "weight": 2,
                "target": "s",
            },
            {"name": "_sip._tcp", "target": "s.ZONE", "service": "sip", "protocol": "tcp"},
        ),
        (
            {"type": "SRV", "service": "sip", "port": 1, "priority": 1, "weight": 2, "target": "s"},
            {"name": "_sip._tcp", "protocol": "tcp"},
        ),
        ({"type": "NS", "name": "sub", "target": "ns1.example.net"}, {"name": "sub"}),
        ({"type": "CAA", "tag": "issue", "target": "letsencrypt.org"}, {"tag": "issue"}),
        ({"type": "PTR", "name": "7", "target": "host.ZONE"}, {"name": "7"}),
    ],
    ids=lambda body: body.get("type"),
)
def test_a_record_of_each_type_is_kept_as_the_api_keeps_it(
    caller: Caller, domain: dict[str, Any], body: dict[str, Any], kept: dict[str, Any]
) -> None:
    zone = domain["domain"]
    sent = {
        key: value.replace("ZONE", zone) if isinstance(value, str) else value for key, value in body.items()
    }

    row = record(caller, domain, sent.pop("type"), **sent)

    wanted = {
        key: value.replace("ZONE", zone) if isinstance(value, str) else value for key, value in kept.items()
    }
    assert {key: row[key] for key in wanted} == wanted
    assert caller.rows(f"/domains/{domain['id']}/records", where={"type": row["type"]}) == [row]


@pytest.mark.parametrize(
    ("body", "refusals"),
    [
        ({}, [("type", "type is required")]),
        (
            {"type": "A", "name": "@", "target": "192.0.2.1"},
            [("name", "Name contains invalid characters"), ("name", "Invalid hostname")],
        ),
        (
            {"type": "A", "name": "www.", "target": "192.0.2.1"},
            [("name", "Name contains invalid characters"), ("name", "Invalid hostname")],
        ),
        ({"type": "A", "name": "www", "target": "192.0.2"}, [("target", "Invalid IPv4 address")]),
        ({"type": "AAAA", "name": "www", "target": "192.0.2.1"}, [("target", "Invalid IPv6 address")]),
        ({"type": "TXT", "name": "www"}, [("target", "target is required")]),
        ({"type": "CNAME", "target": "a.example"}, [("name", "name is required")]),
        ({"type": "CAA", "target": "letsencrypt.org"}, [("tag", "tag is required")]),
        (
            {"type": "NS", "name": "*", "target": "ns.a.example"},
            [("name", "Wildcard NS records are not supported")],
        ),
        (
            {"type": "SRV", "target": "a"},
            [(f, f"{f} is required") for f in ("service", "port", "priority", "weight")],
        ),
    ],
)
def test_a_record_is_refused_for_what_it_is(
    caller: Caller, domain: dict[str, Any], body: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    answer = caller.post(f"/domains/{domain['id']}/records", body)

    assert (answer.status_code, reasons(answer)) == (400, refusals)


def test_a_second_cname_and_mail_beside_a_null_mx_are_refused_and_any_other_twin_is_not(
    caller: Caller, domain: dict[str, Any]
) -> None:
    path = f"/domains/{domain['id']}/records"
    record(caller, domain, "CNAME", name="smtp", target="mail.example.com")
    record(caller, domain, "MX")
    one = {"name": "www", "target": "192.0.2.1"}

    twins = [record(caller, domain, "A", **one), record(caller, domain, "A", **one)]

    assert reasons(caller.post(path, {"type": "CNAME", "name": "smtp", "target": "b.example"})) == [
        ("name", "Record conflict - CNAMES must be unique")
    ]
    assert caller.post(path, {"type": "MX", "target": "mail.example.com"}).status_code == 400
    assert twins[0]["id"] != twins[1]["id"]


def test_a_record_changes_everything_but_its_type(caller: Caller, domain: dict[str, Any]) -> None:
    row = record(caller, domain, "A", name="www", target="192.0.2.1")
    path = f"/domains/{domain['id']}/records/{row['id']}"

    changed = made(caller.put(path, {"name": f"web.{domain['domain']}", "ttl_sec": 200}))

    assert (changed["name"], changed["target"], changed["ttl_sec"]) == ("web", "192.0.2.1", 300)
    assert caller.put(path, {"type": "TXT"}).status_code == 400
    assert made(caller.delete(path)) == {}


def test_a_clone_has_the_records_and_the_zone_file_shows_them(caller: Caller, domain: dict[str, Any]) -> None:
    record(caller, domain, "MX", target="mail.example.com", priority=10)
    record(caller, domain, "TXT", name="t", target='say "hi" ' + "x" * 300)

    copy = made(caller.post(f"/domains/{domain['id']}/clone", {"domain": f"copy-of-{domain['domain']}"}))
    lines = made(caller.get(f"/domains/{copy['id']}/zone-file"))["zone_file"]

    assert lines[0] == f"; copy-of-{domain['domain']} [{copy['id']}]"
    assert "@    NS  ns1.linode.com." in lines
    assert "@ MX 10 mail.example.com." in lines
    assert lines[-1].startswith('t TXT "say \\"hi\\" xx')
    assert lines[-1].count('" "') == 1


def test_making_a_domain_needs_its_scope_and_grant(caller: Caller, account: str) -> None:
    reader = Caller(caller.api, caller.api.add_token(account, "domains:read_only"))
    limited = Caller(caller.api, caller.api.add_token(account, restricted=True))

    assert (reader.get("/domains").status_code, reader.post("/domains", MASTER).status_code) == (200, 401)
    assert limited.post("/domains", MASTER).status_code == 403
    reader.close()
    limited.close()


def test_a_tag_lists_domains_and_volumes_beside_linodes(caller: Caller, domain: dict[str, Any]) -> None:
    linode = caller.create(**EMPTY)
    volume = made(caller.post("/volumes", {"label": "data", "region": "us-ord"}))
    chosen = {"linodes": [linode["id"]], "domains": [domain["id"]], "volumes": [volume["id"]]}

    made(caller.post("/tags", {"label": "shop", **chosen}))
    listed = [(one["type"], one["data"]["id"]) for one in caller.rows("/tags/shop")]
    made(caller.delete("/tags/shop"))

    assert listed == [("linode", linode["id"]), ("domain", domain["id"]), ("volume", volume["id"])]
    assert made(caller.get(f"/domains/{domain['id']}"))["tags"] == []


# ---- reverse names


@pytest.mark.parametrize("kind", ["A", "AAAA"])
def test_a_reverse_name_needs_its_forward_record(caller: Caller, domain: dict[str, Any], kind: str) -> None:
    linode = caller.create(**EMPTY)
    address = linode["ipv4"][0] if kind == "A" else linode["ipv6"].partition("/")[0]
    path, name = f"/networking/ips/{address}", f"web.{domain['domain']}"
    default = made(caller.get(path))["rdns"]

    unknown = caller.put(path, {"rdns": name})
    other = record(caller, domain, kind, name="web", target="192.0.2.9" if kind == "A" else "2001:db8::9")
    unlike = caller.put(path, {"rdns": name})
    made(caller.put(f"/domains/{domain['id']}/records/{other['id']}", {"target": address}))
    named = made(caller.put(path, {"rdns": name}))

    assert reasons(unknown) == [("rdns", f"We were unable to perform a lookup for '{name}' at this time.")]
    assert reasons(unlike) == [
        ("rdns", f"No match was found for '{name}'. Reverse DNS must have a matching forward entry.")
    ]
    assert named["rdns"] == made(caller.get(path))["rdns"] == name
    assert caller.rows("/networking/ips", where={"address": address})[0]["rdns"] == name
    assert made(caller.put(path, {"rdns": None}))["rdns"] == default
    assert caller.actions()[-1] == "ipaddress_update"


def test_a_reserved_address_keeps_its_reverse_name_and_private_ones_have_none(caller: Caller) -> None:
    reserved = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))["address"]
    linode = caller.create(**EMPTY, ipv4=[reserved], private_ip=True)
    dashed = reserved.replace(".", "-")

    made(caller.put(f"/networking/ips/{reserved}", {"rdns": f"{dashed}.nip.io"}))
    private = caller.put(f"/networking/ips/{linode['ipv4'][1]}", {"rdns": "a.nip.io"})
    made(caller.delete(f"/linode/instances/{linode['id']}"))

    assert private.status_code == 400
    assert made(caller.get(f"/networking/ips/{reserved}"))["rdns"] == f"{dashed}.nip.io"
