"""Details that software written for the real API trips over, each as recordings or clients' suites have it."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core import faults
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.limits import RESERVED, RESERVED_BURST, Limiter
from emulators.linode_api.server import LocalApi
from tests.unit.linode_api.serving import EMPTY, FROM_IMAGE, PASSWORD, Caller, made, reasons, settled

RULES = {"inbound": [], "inbound_policy": "DROP", "outbound": [], "outbound_policy": "ACCEPT"}
VOLUME = {"label": "data", "region": "us-ord"}
ROOMY = {"type": "g6-dedicated-16", "region": "us-ord"}
HUGE = 12345678901234567890123


def devices_of(caller: Caller, linode: dict[str, Any], volumes: int) -> dict[str, Any]:
    """What a configuration that maps so many volumes would have, from `sda` on."""
    ids = [
        made(caller.post("/volumes", {**VOLUME, "label": f"v{linode['id']}-{number}"}))["id"]
        for number in range(volumes)
    ]
    return {f"sd{chr(ord('a') + number)}": {"volume_id": one} for number, one in enumerate(ids)}


def test_a_slash_at_the_end_of_a_path_is_none(caller: Caller) -> None:
    linode = caller.create(**EMPTY)
    body = {"type": "ipv4", "public": True, "linode_id": linode["id"]}

    assert made(caller.post("/networking/ips/", body))["linode_id"] == linode["id"]
    assert made(caller.get(f"/linode/instances/{linode['id']}/"))["id"] == linode["id"]
    assert caller.get("/images/linode%2Fdebian12/").status_code == 200


def test_a_volume_that_is_not_attached_can_be_detached(caller: Caller) -> None:
    volume = made(caller.post("/volumes", VOLUME))

    assert made(caller.post(f"/volumes/{volume['id']}/detach")) == {}
    assert caller.rows("/account/events", where={"action": "volume_detach"}) == []


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"region": None}, ("region", "Must provide a region or a Linode ID")),
        ({"label": None}, ("label", "label is required")),
        ({"label": "11111"}, ("label", "Must begin with a letter")),
        ({"encryption": "some"}, ("encryption", "encryption is not valid")),
    ],
)
def test_a_volume_is_refused_in_the_words_of_the_api(
    caller: Caller, changes: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert reasons(caller.post("/volumes", {**VOLUME, **changes})) == [refusal]


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (5, "Storage volumes can only be resized up"),
        (20, "Storage volumes can only be resized up"),
        (1024893405, "Storage volumes cannot be resized larger than 16384 gigabytes"),
    ],
)
def test_a_volume_only_grows_in_the_words_of_the_api(caller: Caller, size: int, reason: str) -> None:
    volume = made(caller.post("/volumes", VOLUME))

    assert reasons(caller.post(f"/volumes/{volume['id']}/resize", {"size": size})) == [("size", reason)]


def test_volumes_are_encrypted_unless_asked_otherwise(caller: Caller) -> None:
    plain = made(caller.post("/volumes", {**VOLUME, "encryption": "disabled"}))
    usual = made(caller.post("/volumes", {**VOLUME, "label": "more"}))

    assert (plain["encryption"], usual["encryption"]) == ("disabled", "enabled")


def test_a_volume_is_mapped_by_the_configuration_that_is_named(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path = f"/linode/instances/{linode['id']}/configs"
    [config] = caller.rows(path)
    wanted = {"linode_id": linode["id"], "config_id": config["id"]}

    first = made(caller.post("/volumes", {"label": "first", **wanted}))
    other = made(caller.post("/volumes", {**VOLUME, "label": "other"}))
    fleeting = made(caller.post("/volumes", {**VOLUME, "label": "fleeting"}))
    made(caller.post(f"/volumes/{other['id']}/attach", wanted))
    made(caller.post(f"/volumes/{fleeting['id']}/attach", {**wanted, "persist_across_boots": False}))

    devices = made(caller.get(f"{path}/{config['id']}"))["devices"]
    assert [devices[slot] and devices[slot]["volume_id"] for slot in ("sdb", "sdc", "sdd", "sde")] == [
        *(None, first["id"], other["id"], None)
    ]
    unknown = {"linode_id": linode["id"], "config_id": 1}
    assert reasons(caller.post("/volumes", {"label": "third", **unknown}))[0][0] == "config_id"


def test_a_configuration_has_as_many_devices_as_its_plan_allows(caller: Caller, clock: HeldClock) -> None:
    small, large = settled(caller, clock, **EMPTY), settled(caller, clock, **ROOMY)
    body = {"label": "many", "devices": devices_of(caller, large, 10)}

    many = made(caller.post(f"/linode/instances/{large['id']}/configs", body))
    few = made(caller.post(f"/linode/instances/{large['id']}/configs", {"label": "few"}))
    refused = caller.post(f"/linode/instances/{small['id']}/configs", body)

    assert [*many["devices"]] == [f"sd{letter}" for letter in "abcdefghij"]
    assert [*few["devices"]] == [f"sd{letter}" for letter in "abcdefgh"]
    assert reasons(refused) == [("devices", "sdi is not valid"), ("devices", "sdj is not valid")]


def test_a_boot_of_the_configuration_0_takes_the_last_one(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)

    assert made(caller.post(f"/linode/instances/{linode['id']}/boot", {"config_id": 0})) == {}


def test_a_boot_of_the_configuration_0_takes_the_first_of_several_that_were_never_booted(
    caller: Caller, clock: HeldClock
) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    made(caller.post(f"/linode/instances/{linode['id']}/configs", {"label": "second", "devices": {}}))

    assert made(caller.post(f"/linode/instances/{linode['id']}/boot", {"config_id": 0})) == {}


@pytest.mark.parametrize("name", ["interfaces", "interfaces.label"])
def test_configurations_are_filtered_by_the_label_of_a_vlan(caller: Caller, name: str) -> None:
    interfaces = [{"purpose": "public"}, {"purpose": "vlan", "label": "back"}]
    path = f"/linode/instances/{caller.create(**FROM_IMAGE, interfaces=interfaces)['id']}/configs"

    assert len(caller.rows(path, where={name: "back"})) == 1
    assert caller.rows(path, where={name: "front"}) == []


def test_a_reserved_address_is_one_of_its_linodes_public_ones(caller: Caller) -> None:
    body = {"region": "us-ord", "tags": ["kept"]}
    address = made(caller.post("/networking/reserved/ips", body))["address"]
    linode = caller.create(**EMPTY, ipv4=[address])

    ipv4 = made(caller.get(f"/linode/instances/{linode['id']}/ips"))["ipv4"]

    [public] = ipv4["public"]
    assert (public["address"], public["reserved"], public["tags"]) == (address, True, ["kept"])
    assert ipv4["reserved"] == []
    assert [one["type"] for one in caller.rows("/tags/kept")] == ["reserved_ipv4_address"]
    assert caller.rows("/tags/kept")[0]["data"] == public


def test_a_new_tag_is_put_on_reserved_addresses(caller: Caller) -> None:
    address = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))["address"]

    made(caller.post("/tags", {"label": "held", "reserved_ipv4_addresses": [address]}))

    assert made(caller.get(f"/networking/reserved/ips/{address}"))["tags"] == ["held"]
    made(caller.delete("/tags/held"))
    assert made(caller.get(f"/networking/reserved/ips/{address}"))["tags"] == []


def test_addresses_are_not_filtered_by_their_linode(caller: Caller) -> None:
    first, second = caller.create(**EMPTY), caller.create(**EMPTY)

    rows = caller.rows("/networking/ips", where={"linode_id": first["id"]})

    assert {row["linode_id"] for row in rows} == {first["id"], second["id"]}
    assert {row["type"] for row in rows} == {"ipv4", "ipv6"}
    assert not any("tags" in row for row in rows)


@pytest.mark.parametrize("key", ["ssh-rsa", "ecdsa-sha2-nistp"])
def test_an_authorized_key_is_judged_by_its_beginning(caller: Caller, key: str) -> None:
    assert caller.create(**EMPTY, image="linode/debian12", authorized_keys=[key])["id"]
    refused = caller.post(
        "/linode/instances", {**EMPTY, "image": "linode/debian12", "authorized_keys": ["rsa"]}
    )
    assert reasons(refused)[0][0] == "authorized_keys"


def test_groups_list_a_linode_on_its_way_from_one_to_the_other(caller: Caller, clock: HeldClock) -> None:
    kind = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    here, there = (
        made(caller.post("/placement/groups", {"label": region, "region": region, **kind}))
        for region in ("us-ord", "us-sea")
    )
    linode = settled(caller, clock, **FROM_IMAGE, placement_group={"id": here["id"]})
    path, groups = (
        f"/linode/instances/{linode['id']}",
        [f"/placement/groups/{g['id']}" for g in (here, there)],
    )

    made(caller.post(path + "/migrate", {"region": "us-sea", "placement_group": {"id": there["id"]}}))

    member, move = [{"linode_id": linode["id"], "is_compliant": True}], [{"linode_id": linode["id"]}]
    left, joined = (made(caller.get(group)) for group in groups)
    assert (left["members"], joined["members"]) == (member, member)
    assert left["migrations"] == {"inbound": [], "outbound": move}
    assert joined["migrations"] == {"inbound": move, "outbound": []}
    during = caller.linode(linode["id"])
    assert (during["status"], during["placement_group"]["migrating_to"]) == ("offline", there["id"])
    assert caller.delete(groups[1]).status_code == 400
    clock.advance(300)
    left, joined = (made(caller.get(group)) for group in groups)
    assert (left["members"], left["migrations"]) == ([], None)
    assert (joined["members"], joined["migrations"]) == (member, None)


def test_a_group_is_free_when_the_linode_that_was_to_join_is_deleted(
    caller: Caller, clock: HeldClock
) -> None:
    kind = {"placement_group_type": "anti_affinity:local", "placement_group_policy": "strict"}
    group = made(caller.post("/placement/groups", {"label": "to", "region": "us-sea", **kind}))
    linode = settled(caller, clock, **EMPTY)
    path = f"/linode/instances/{linode['id']}"
    made(caller.post(path + "/migrate", {"region": "us-sea", "placement_group": {"id": group["id"]}}))

    made(caller.delete(path))

    assert made(caller.delete(f"/placement/groups/{group['id']}")) == {}


def test_a_warm_resize_begins_with_an_event_of_its_own(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE)
    path = f"/linode/instances/{linode['id']}"

    made(caller.post(path + "/resize", {"type": "g6-standard-1", "migration_type": "warm"}))

    assert [event["action"] for event in caller.events(linode["id"])][-2:] == [
        "linode_resize_warm_create",
        "linode_resize",
    ]
    clock.advance(300)
    assert caller.linode(linode["id"])["type"] == "g6-standard-1"


def test_backups_of_a_new_linode_are_scheduled_when_it_is_made(caller: Caller, clock: HeldClock) -> None:
    new = caller.create(**FROM_IMAGE, backups_enabled=True)
    clock.advance(60)

    assert new["backups"]["schedule"] == {"day": None, "window": None}
    assert caller.linode(new["id"])["backups"] == {
        "enabled": True,
        "available": True,
        "schedule": {"day": "Scheduling", "window": "Scheduling"},
        "last_successful": None,
    }


def test_a_user_without_restrictions_has_no_grants(caller: Caller, account: str) -> None:
    for path in ("/profile/grants", f"/account/users/{account}/grants"):
        answer = caller.get(path)
        assert (answer.status_code, answer.content) == (204, b"")


def test_every_global_grant_is_kept(caller: Caller) -> None:
    path = "/account/users/limited/grants"
    made(caller.post("/account/users", {"username": "limited", "email": "l@example.com", "restricted": True}))
    wanted = {
        "account_access": "read_only",
        "add_longview": True,
        "cancel_account": True,
        "add_linodes": True,
    }

    made(caller.put(path, {"global": wanted}))
    bad = caller.put(path, {"global": {"account_access": "all", "add_volumes": "yes"}})

    kept = made(caller.get(path))["global"]
    assert {name: kept[name] for name in wanted} == wanted
    assert not kept["add_volumes"]
    assert sorted(name or "" for name, _ in reasons(bad)) == ["global.account_access", "global.add_volumes"]


def test_a_token_without_an_end_ends_in_2999(caller: Caller) -> None:
    assert made(caller.post("/profile/tokens", {"label": "t"}))["expiry"] == "2999-12-12T05:00:00"


def test_missing_credentials_are_told_before_an_unknown_kernel(caller: Caller) -> None:
    answer = caller.post("/linode/instances", {**EMPTY, "image": "linode/debian12", "kernel": "linode/none"})

    assert reasons(answer) == [(None, "Must provide valid root_pass, authorized_keys, or authorized_users")]


def test_a_field_of_a_script_keeps_its_header(caller: Caller) -> None:
    script = '#!/bin/bash\n# <UDF name="tls" label="TLS" header="Yes" default="Yes" required="Yes" />\n'
    body = {"label": "fields", "images": ["any/all"], "script": script}

    [field] = made(caller.post("/linode/stackscripts", body))["user_defined_fields"]

    assert field == {"name": "tls", "label": "TLS", "header": "Yes", "default": "Yes", "required": "Yes"}


def test_firewalls_are_refused_in_the_words_of_the_api(caller: Caller) -> None:
    made(caller.post("/networking/firewalls", {"label": "once", "rules": RULES}))
    rest = {name: value for name, value in RULES.items() if name != "inbound_policy"}

    without = caller.post("/networking/firewalls", {"label": "other", "rules": rest})
    twice = caller.post("/networking/firewalls", {"label": "once", "rules": RULES})

    assert reasons(without) == [("rules.inbound_policy", "inbound_policy is required")]
    assert reasons(twice) == [("label", "Label must be unique among your Cloud Firewalls")]


def test_rules_that_are_not_named_stay(caller: Caller) -> None:
    guard = made(caller.post("/networking/firewalls", {"label": "guard", "rules": RULES}))
    path = f"/networking/firewalls/{guard['id']}"

    changed = made(caller.put(path + "/rules", {"inbound": []}))

    assert (changed["inbound_policy"], changed["outbound"], changed["version"]) == ("DROP", [], 2)


def test_a_rebuild_needs_an_image(caller: Caller) -> None:
    linode = caller.create(**EMPTY)

    answer = caller.post(f"/linode/instances/{linode['id']}/rebuild", {"root_pass": PASSWORD})

    assert reasons(answer) == [("image", "You must specify an image")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/linode/instances", '{"type": "g6-nanode-1", "region": "us-ord", "tags": ["\\ud800abc"]}'),
        ("/linode/instances", '{"type": "g6-nanode-1", "region": "us-ord", "label": "\\uD800abc"}'),
        ("/volumes", f'{{"label": "data", "linode_id": {HUGE}}}'),
        ("/networking/ips", f'{{"type": "ipv4", "public": true, "linode_id": {HUGE}}}'),
        ("/networking/firewalls", '{"label": "f", "rules": {"inbound": [1e999], "outbound": []}}'),
        ("/networking/firewalls", '{"label": "f", "rules": {"inbound": [NaN], "outbound": []}}'),
    ],
)
def test_what_no_table_can_keep_is_refused(caller: Caller, path: str, body: str) -> None:
    answer = caller.session.post(caller.base + path, data=body.encode(), timeout=20)

    assert (answer.status_code, bool(reasons(answer))) == (400, True)


@pytest.mark.parametrize(
    ("method", "path", "body", "answered"),
    [
        ("PUT", "/faults", "[" * 100_000, (400, "the body is nested too deeply")),
        ("GET", f"/requests?after={10**25}", "", (400, "a number is too large")),
        ("GET", f"/linodes/{HUGE}", "", (400, "a number is too large")),
    ],
)
def test_controls_refuse_what_they_cannot_read(
    api: LocalApi, caller: Caller, method: str, path: str, body: str, answered: tuple[int, str]
) -> None:
    headers = {"Content-Type": "application/json"}

    answer = caller.session.request(method, f"{api.url}/_local{path}", data=body, headers=headers, timeout=20)

    assert (answer.status_code, answer.json()["error"]) == answered


def talk(api: LocalApi, *lines: str) -> bytes:
    """Everything that is answered to these lines until the other side closes."""
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as opened:
        opened.sendall("\r\n".join((*lines, "", "")).encode())
        return b"".join(iter(lambda: opened.recv(65_536), b""))


def test_a_large_body_without_a_token_is_refused_before_it_is_read(api: LocalApi) -> None:
    head = "POST /v4/linode/instances HTTP/1.1", "Host: 127.0.0.1"

    for length in ("Content-Length: 10000000000", "Transfer-Encoding: chunked"):
        assert talk(api, *head, length).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("rest", [(), ("Content-Length: 10", "Authorization: Bearer x", "", "half")])
def test_a_request_that_is_half_sent_ends(
    api: LocalApi, monkeypatch: pytest.MonkeyPatch, rest: tuple[str, ...]
) -> None:
    monkeypatch.setattr(faults, "REST_WITHIN_S", 0.05)

    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as opened:
        opened.sendall("\r\n".join(("POST /v4/images HTTP/1.1", "Host: 127.0.0.1", *rest)).encode())
        assert opened.recv(65_536) == b""


def test_the_recorded_run_into_a_limit_comes_out_the_same() -> None:
    """Recording TestReservedIPAddresses_ExceedLimit: seconds, and the limit that refused (0: none did)."""
    run = [
        *((19, 0),) * 3, *((20, 0),) * 2, (20, 5), (23, 5), (27, 5), (30, 5), (33, 5), (36, 10), (40, 10), (43, 10),
        (46, 10), *((50, 0),) * 3, *((51, 0),) * 2, (51, 5), (55, 5), (58, 5), (61, 5), (65, 0), (65, 10), (68, 10),
        (71, 10), (75, 10), (78, 10), *((82, 0),) * 3,
    ]  # fmt: skip
    clock = HeldClock(0.0)
    limiter, seen = Limiter(clock, enabled=True), []

    for second, _ in run:
        clock.advance(second - clock.now())
        try:
            limiter.count("me", RESERVED, RESERVED_BURST)
            seen.append((second, 0))
        except ApiError as refused:
            seen.append((second, int(refused.headers["X-RateLimit-Limit"])))

    assert seen == run


FOR_ANYWHERE = "Customer defined IPv4 ranges are not supported in this region"


def test_a_vpc_has_ranges_of_its_own_where_the_region_allows_them(caller: Caller) -> None:
    body = {"label": "net", "region": "no-osl-1", "ipv4": [{"range": "10.118.0.0/20"}], "vpc_type": "regular"}

    vpc = made(caller.post("/vpcs", body))
    outside = caller.post(f"/vpcs/{vpc['id']}/subnets", {"label": "out", "ipv4": "10.0.0.0/24"})
    changed = made(caller.put(f"/vpcs/{vpc['id']}", {"ipv4": [{"range": "192.168.0.0/17"}]}))

    assert (vpc["ipv4"], vpc["vpc_type"]) == ([{"range": "10.118.0.0/20"}], "regular")
    assert reasons(outside)[0][0] == "ipv4"
    assert changed["ipv4"] == [{"range": "192.168.0.0/17"}]
    assert made(caller.get("/vpcs/default-ranges"))["forbidden_ipv4_ranges"] == ["192.168.128.0/17"]


def test_the_usual_ranges_of_a_vpc_can_be_sent_back(caller: Caller) -> None:
    vpc = made(caller.post("/vpcs", {"label": "net", "region": "us-ord"}))

    changed = made(caller.put(f"/vpcs/{vpc['id']}", {"label": "inner", "ipv4": vpc["ipv4"]}))

    assert (changed["label"], changed["ipv4"]) == ("inner", vpc["ipv4"])


def test_a_vpc_for_rdma_has_subnets_of_its_type_and_no_ipv6(caller: Caller) -> None:
    body = {"label": "fast", "region": "us-ord", "vpc_type": "rdma"}

    vpc = made(caller.post("/vpcs", {**body, "subnets": [{"label": "front", "ipv4": "10.0.0.0/24"}]}))
    dual = caller.post("/vpcs", {**body, "label": "dual", "ipv6": [{"range": "/52"}]})
    changed = caller.put(f"/vpcs/{vpc['id']}", {"vpc_type": "regular"})

    assert (vpc["vpc_type"], vpc["subnets"][0]["vpc_type"]) == ("rdma", "rdma")
    assert caller.rows("/vpcs", where={"vpc_type": "rdma"}) == [vpc]
    assert reasons(dual) == [("ipv6", "RDMA VPCs cannot have IPv6 ranges")]
    assert reasons(changed) == [("vpc_type", "The type of a VPC cannot be changed")]


@pytest.mark.parametrize(
    ("changes", "refusals"),
    [
        (
            {"region": "us-ord", "ipv4": [{"range": "10.0.0.0/8"}, {"range": "172.16.0.0/12"}]},
            [("ipv4[0].range", FOR_ANYWHERE), ("ipv4[1].range", FOR_ANYWHERE)],
        ),
        (
            {"ipv4": [{"range": "192.168.192.0/24"}]},
            [
                (
                    "ipv4[0].range",
                    "The IPv4 range 192.168.192.0/24 overlaps with the forbidden IPv4 range 192.168.128.0/17",
                )
            ],
        ),
        ({"ipv4": [{}]}, [("ipv4[0].range", "Must be an IPv4 range in CIDR canonical form")]),
        ({"vpc_type": "other"}, [("vpc_type", "vpc_type is not valid")]),
    ],
)
def test_ranges_of_a_vpc_are_kept_or_refused(
    caller: Caller, changes: dict[str, Any], refusals: list[tuple[str, str]]
) -> None:
    body = {"label": "net", "region": "no-osl-1"}
    vpc = made(caller.post("/vpcs", {**body, "region": changes.get("region", body["region"])}))

    assert reasons(caller.post("/vpcs", {**body, "label": "more", **changes})) == refusals
    if "ipv4" in changes:
        assert reasons(caller.put(f"/vpcs/{vpc['id']}", {"ipv4": changes["ipv4"]})) == refusals


def test_a_linode_with_a_vpu_is_sold_where_there_are_some(caller: Caller) -> None:
    """Source: recording TestInstance_withVPU of linodego."""
    body = {"type": "g1-accelerated-netint-vpu-t1u1-s", "region": "us-lax"}

    specs = caller.create(**body)["specs"]
    elsewhere = caller.post("/linode/instances", {**body, "region": "us-ord"})

    assert specs == {
        "disk": 204800, "memory": 16384, "vcpus": 8, "gpus": 0, "transfer": 0, "accelerated_devices": 1,
    }  # fmt: skip
    assert elsewhere.status_code == 403


def test_what_is_told_of_users_and_the_account_is_kept(caller: Caller, account: str) -> None:
    made(caller.post("/account/users", {"username": "helper", "email": "h@example.org", "restricted": True}))

    renamed = made(caller.put("/account/users/helper", {"username": "other", "restricted": False}))
    profile = made(caller.put("/profile", {"email": "me@example.org", "timezone": "Europe/Rome"}))
    told = made(caller.put("/account", {"city": "Rome"}))

    assert (renamed["username"], renamed["email"], renamed["restricted"]) == ("other", "h@example.org", False)
    assert [user["username"] for user in caller.rows("/account/users")] == [account, "other"]
    assert made(caller.get("/profile")) == profile
    assert (profile["email"], profile["timezone"]) == ("me@example.org", "Europe/Rome")
    assert (told["city"], told["email"]) == ("Rome", "me@example.org")
    assert reasons(caller.put("/profile", {"email_notifications": "no"}))[0][0] == "email_notifications"


def test_events_are_marked_as_seen_and_read(caller: Caller) -> None:
    for label in ("first", "second", "third"):
        made(caller.post("/volumes", {**VOLUME, "label": label}))
    ids = [event["id"] for event in caller.rows("/account/events")]

    made(caller.post(f"/account/events/{ids[1]}/seen"))
    made(caller.post(f"/account/events/{ids[2]}/read"))

    rows = caller.rows("/account/events")
    assert ids == sorted(ids, reverse=True)
    tied = {"+order_by": "action", "+order": "desc"}
    assert [event["id"] for event in caller.rows("/account/events", where=tied)] == sorted(ids)
    assert [(event["seen"], event["read"]) for event in rows] == [(False, False), (True, False), (True, True)]
    assert [event["id"] for event in caller.rows("/account/events", where={"read": True})] == [ids[2]]


@pytest.mark.parametrize(
    "path",
    ["/account/invoices", "/profile/apps", "/account/notifications", "/betas", "/networking/ipv6/pools"],
)
def test_lists_that_nothing_is_put_on_are_there(caller: Caller, path: str) -> None:
    assert caller.rows(path) == []


@pytest.mark.parametrize(
    "path", ["/account/invoices/1", "/account/invoices/1/items", "/profile/logins/2", "/betas/x"]
)
def test_of_an_empty_list_nothing_is_found(caller: Caller, path: str) -> None:
    answer = caller.get(path)

    assert (answer.status_code, "X-Local-API" in answer.headers) == (404, False)


def test_a_subscription_of_longview_stands_in_the_settings_until_it_ends(caller: Caller) -> None:
    """Source: linodego's fixture TestLongviewPlan_Update."""
    subscribed = made(caller.put("/longview/plan", {"longview_subscription": "longview-10"}))
    told = made(caller.get("/account/settings"))["longview_subscription"]
    refused = caller.put("/longview/plan", {"longview_subscription": "longview-7"})
    ended = made(caller.put("/longview/plan", {"longview_subscription": ""}))

    price = {"hourly": 0.06, "monthly": 40.0}
    ten = {"id": "longview-10", "label": "Longview Pro 10 pack", "price": price, "clients_included": 10}
    assert (subscribed, told, ended, made(caller.get("/longview/plan"))) == (ten, "longview-10", {}, {})
    assert reasons(refused) == [("longview_subscription", "longview_subscription is not valid")]
    assert [row["clients_included"] for row in caller.rows("/longview/subscriptions")] == [3, 10, 40, 100]


@pytest.mark.parametrize("name", ["managed", "longview_subscription", "object_storage"])
def test_what_may_only_be_read_of_the_settings_is_not_changed(caller: Caller, name: str) -> None:
    before = made(caller.get("/account/settings"))

    assert made(caller.put("/account/settings", {name: True})) == before


def test_settings_without_a_word_on_new_interfaces_leave_them(caller: Caller) -> None:
    """Source: linodego sends null, and with it Terraform's provider."""
    before = made(caller.get("/account/settings"))

    after = caller.put("/account/settings", {"network_helper": False, "interfaces_for_new_linodes": None})

    assert made(after) == {**before, "network_helper": False}


def test_an_account_may_transfer_what_its_plans_have_together(caller: Caller) -> None:
    before = made(caller.get("/account/transfer"))
    for region in ("us-ord", "us-mia", "id-cgk"):
        caller.create(**{**EMPTY, "region": region})

    after = made(caller.get("/account/transfer"))

    assert before == {"used": 0, "quota": 0, "billable": 0, "region_transfers": []}
    apart = {"id": "id-cgk", "used": 0, "quota": 1000, "billable": 0}
    assert after == {"used": 0, "quota": 2000, "billable": 0, "region_transfers": [apart]}


def test_a_vlan_in_use_stays(caller: Caller) -> None:
    caller.create(**FROM_IMAGE, interfaces=[{"purpose": "vlan", "label": "back"}])
    [vlan] = caller.rows("/networking/vlans")

    held = caller.delete(f"/networking/vlans/{vlan['region']}/back")
    other = caller.delete(f"/networking/vlans/{vlan['region']}/front")

    assert (held.status_code, other.status_code) == (400, 404)


def test_agreements_are_accepted(caller: Caller) -> None:
    before = made(caller.get("/account/agreements"))
    made(caller.post("/account/agreements", {"eu_model": True}))

    assert (before["eu_model"], made(caller.get("/account/agreements"))["eu_model"]) == (False, True)


def test_what_is_not_served_says_so(caller: Caller) -> None:
    unknown, missing = caller.get("/lke/clusters"), caller.get("/volumes/1")

    assert (unknown.status_code, missing.status_code) == (404, 404)
    assert "not part of" in unknown.headers["X-Local-API"]
    assert "X-Local-API" not in missing.headers


@pytest.mark.parametrize(
    ("wanted", "disks", "configs"),
    [({}, 2, 1), ({"configs": []}, 0, 0), ({"configs": [], "disks": [1]}, 1, 0), ({"disks": [2]}, 3, 1)],
)
def test_a_clone_takes_the_disks_and_configurations_that_are_named(
    caller: Caller, clock: HeldClock, wanted: dict[str, list[int]], disks: int, configs: int
) -> None:
    """Numbers stand for the disks of the source by their place; the last one is in no configuration."""
    linode = settled(caller, clock, **{**FROM_IMAGE, "type": "g6-standard-1"}, boot_size=10000)
    path = f"/linode/instances/{linode['id']}"
    made(caller.post(path + "/disks", {"label": "more", "size": 500}))
    clock.advance(100)
    held = [disk["id"] for disk in caller.rows(path + "/disks")]
    body = {name: [held[one] for one in ones] for name, ones in wanted.items()}

    copy = made(caller.post(path + "/clone", {"region": "us-ord", "type": "g6-standard-1", **body}))

    own = f"/linode/instances/{copy['id']}"
    assert (len(caller.rows(own + "/disks")), len(caller.rows(own + "/configs"))) == (disks, configs)
    assert reasons(caller.post(path + "/clone", {**EMPTY, "disks": [1]})) == [("disks", "disks is not valid")]


def test_addresses_are_assigned_to_other_linodes(caller: Caller) -> None:
    first, second = caller.create(**EMPTY), caller.create(**EMPTY)
    more = made(caller.post(f"/linode/instances/{first['id']}/ips", {"type": "ipv4", "public": True}))[
        "address"
    ]
    kept = made(caller.post("/networking/reserved/ips", {"region": "us-ord"}))["address"]
    wanted = [{"address": one, "linode_id": second["id"]} for one in (more, kept)]

    made(caller.post("/networking/ips/assign", {"region": "us-ord", "assignments": wanted}))
    unknown = [{"address": more, "linode_id": 99999}]
    refused = caller.post("/networking/ips/assign", {"region": "us-ord", "assignments": unknown})
    last = [{"address": first["ipv4"][0], "linode_id": second["id"]}]
    bare = caller.post("/networking/ipv4/assign", {"region": "us-ord", "assignments": last})

    assert caller.linode(first["id"])["ipv4"] == first["ipv4"]
    assert caller.linode(second["id"])["ipv4"] == [*second["ipv4"], more, kept]
    assert made(caller.get(f"/networking/reserved/ips/{kept}"))["linode_id"] == second["id"]
    assert reasons(refused) == [(None, "Invalid Linode ID 99999")]
    assert reasons(bare)[0][0] == "assignments"


def test_interfaces_have_no_properties_of_another_kind(caller: Caller, clock: HeldClock) -> None:
    public: dict[str, Any] = {"public": {}, "firewall_id": None}
    linode = settled(caller, clock, **EMPTY, interface_generation="linode", interfaces=[public])
    path = f"/linode/instances/{linode['id']}/interfaces"
    [own] = caller.get(path).json()["interfaces"]
    legacy = {
        **FROM_IMAGE,
        "interfaces": [
            {"purpose": "public", "ip_ranges": ["10.0.0.0/28"], **public, "vpc": {"subnet_id": 1}}
        ],
    }

    of_linode = caller.post("/linode/instances", legacy)
    of_config = caller.post(path, {**public, "purpose": "public"})
    changed = caller.put(f"{path}/{own['id']}", {"vlan": {"vlan_label": "back"}})
    ranges = caller.put(f"{path}/{own['id']}", {"public": {"ipv6": {"ranges": [{"range": "/48"}]}}})

    assert [name for name, _ in reasons(of_linode)] == ["interfaces[0].ip_ranges", "interfaces[0].vpc"]
    assert [name for name, _ in reasons(of_config)] == ["purpose"]
    assert [name for name, _ in reasons(changed)] == ["vlan"]
    assert [name for name, _ in reasons(ranges)] == ["public.ipv6.ranges[0].range"]


def test_a_clone_onto_a_linode_takes_nothing_that_is_for_a_new_one(caller: Caller, clock: HeldClock) -> None:
    source, target = settled(caller, clock, **FROM_IMAGE), settled(caller, clock, **EMPTY)
    path = f"/linode/instances/{source['id']}/clone"

    refused = caller.post(path, {"linode_id": target["id"], "label": "new", "private_ip": True})
    taken = caller.post(path, {"linode_id": target["id"], "region": "us-ord", "type": "g6-nanode-1"})

    assert [name for name, _ in reasons(refused)] == ["label", "private_ip"]
    assert taken.status_code == 200


def test_a_linode_transfers_nothing_and_has_statistics_later(caller: Caller, clock: HeldClock) -> None:
    path = f"/linode/instances/{caller.create(**EMPTY)['id']}"

    early = caller.get(path + "/stats")
    clock.advance(400)

    assert reasons(early) == [(None, "Stats are unavailable at this time.")]
    assert made(caller.get(path + "/stats/2026/11"))["data"]["cpu"] == []
    assert made(caller.get(path + "/transfer"))["quota"] == 1000
    assert made(caller.get(path + "/transfer/2026/11"))["bytes_total"] == 0
    assert caller.post(path + "/mutate").status_code == 400


def test_preferences_are_kept_as_they_are(caller: Caller) -> None:
    made(caller.put("/profile/preferences", {"theme": "dark", "rows": [1, {"a": None}]}))

    assert made(caller.get("/profile/preferences")) == {"theme": "dark", "rows": [1, {"a": None}]}


def test_prices_of_transfer_are_public(api: LocalApi) -> None:
    stranger = Caller(api, None)

    assert [row["id"] for row in stranger.rows("/network-transfer/prices")] == [
        "distributed_network_transfer",
        "network_transfer",
    ]
    stranger.close()


def test_a_range_is_routed_to_a_linode_and_shared_with_another(caller: Caller) -> None:
    first, second = caller.create(**EMPTY), caller.create(**EMPTY)
    new = made(caller.post("/networking/ipv6/ranges", {"prefix_length": 64, "linode_id": first["id"]}))
    bare = new["range"].removesuffix("/64")
    path = f"/networking/ipv6/ranges/{bare}"

    made(caller.post("/networking/ips/share", {"linode_id": second["id"], "ips": [bare, first["ipv4"][0]]}))

    assert new["route_target"] == first["ipv6"].removesuffix("/128")
    [row] = caller.rows("/networking/ipv6/ranges", where={"region": "us-ord"})
    assert (row["range"], row["prefix"], row["route_target"]) == (bare, 64, new["route_target"])
    assert made(caller.get(path))["linodes"] == [first["id"], second["id"]]
    of_second = made(caller.get(f"/linode/instances/{second['id']}/ips"))
    assert of_second["ipv6"]["global"] == [row]
    assert [one["address"] for one in of_second["ipv4"]["shared"]] == first["ipv4"]
    made(caller.post("/networking/ips/share", {"linode_id": second["id"], "ips": []}))
    assert made(caller.get(f"/linode/instances/{second['id']}/ips"))["ipv6"]["global"] == []
    to_second = [{"address": new["range"], "linode_id": second["id"]}]
    made(caller.post("/networking/ips/assign", {"region": "us-ord", "assignments": to_second}))
    assert made(caller.get(path))["linodes"] == [second["id"]]
    made(caller.delete(f"/linode/instances/{second['id']}"))
    assert caller.get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"linode_id": 1}, "prefix_length"),
        ({"prefix_length": 48, "linode_id": 1}, "prefix_length"),
        ({"prefix_length": 64}, "linode_id"),
        ({"prefix_length": 64, "linode_id": 1}, "linode_id"),
        ({"prefix_length": 64, "route_target": "2001:db8::1"}, "route_target"),
    ],
)
def test_a_range_that_cannot_be_is_refused(caller: Caller, body: dict[str, Any], field: str) -> None:
    assert reasons(caller.post("/networking/ipv6/ranges", body))[0][0] == field


def test_only_public_addresses_of_the_region_are_shared(caller: Caller) -> None:
    here, there = caller.create(**EMPTY), caller.create(**{**EMPTY, "region": "us-sea"})

    for address in (there["ipv4"][0], "203.0.113.1", "x"):
        refused = caller.post("/networking/ips/share", {"linode_id": here["id"], "ips": [address]})
        assert reasons(refused)[0][0] == "ips"


def test_ipv6_of_a_vpc_is_kept_or_refused(api: LocalApi, caller: Caller) -> None:
    plain = {"id": "us-plain", "like": "us-ord", "capabilities": ["Linodes", "VPCs"]}
    control = f"{api.url}/_local/catalog"
    caller.session.put(control, json={"regions": [plain]}, timeout=20)
    body = {"label": "dual", "ipv6": [{"range": "auto"}]}

    refused = caller.post("/vpcs", {**body, "region": "us-plain"})
    caller.session.delete(control, timeout=20)
    vpc = made(caller.post("/vpcs", {**body, "region": "us-ord"}))
    same = made(caller.put(f"/vpcs/{vpc['id']}", {"ipv6": vpc["ipv6"], "description": "more"}))
    other = caller.put(f"/vpcs/{vpc['id']}", {"ipv6": [{"range": "auto"}]})

    assert [name for name, _ in reasons(refused)] == ["ipv6"]
    assert (same["ipv6"], same["description"]) == (vpc["ipv6"], "more")
    assert [name for name, _ in reasons(other)] == ["ipv6"]


def test_a_linode_is_rescued_with_some_of_its_disks(caller: Caller, clock: HeldClock) -> None:
    linode = settled(caller, clock, **FROM_IMAGE, booted=False)
    path = f"/linode/instances/{linode['id']}"
    main, swap = (disk["id"] for disk in caller.rows(path + "/disks"))

    made(caller.post(path + "/rescue", {"devices": {"sda": {"disk_id": swap}}}))
    clock.advance(60)
    made(caller.post(f"{path}/disks/{main}/resize", {"size": 20_000}))
    clock.advance(60)
    made(caller.post(f"{path}/disks/{swap}/resize", {"size": 600}))
    clock.advance(60)

    assert caller.status(linode["id"]) == "running"
    ends = {
        event["secondary_entity"]["id"]: event["status"]
        for event in caller.events(linode["id"], action="disk_resize")
    }
    assert ends == {main: "finished", swap: "failed"}
    for devices in ({}, {"sdh": {"disk_id": swap}}, {"sda": {"disk_id": 1}}):
        assert reasons(caller.post(path + "/rescue", {"devices": devices}))[0][0] in (
            "devices",
            "devices.sda.disk_id",
        )


def test_an_image_is_uploaded(api: LocalApi, caller: Caller, clock: HeldClock) -> None:
    """As recording TestImage_Upload has it; the file goes where the answer says."""
    new = made(caller.post("/images/upload", {"region": "us-ord", "label": "file", "cloud_init": True}))
    path = "/images/" + new["image"]["id"].replace("/", "%2F")
    send: dict[str, Any] = {
        "data": b"x" * 1_500_000,
        "headers": {"Content-Type": "application/octet-stream"},
        "timeout": 20,
    }

    waiting = made(caller.get(path))
    sent = caller.session.put(new["upload_to"], **send)
    again = caller.session.put(new["upload_to"], **send)
    clock.advance(15)
    late = caller.session.put(new["upload_to"], **send)

    done = made(caller.get(path))
    assert (waiting["status"], waiting["size"], waiting["regions"]) == ("pending_upload", 0, [])
    assert (sent.status_code, again.status_code, late.status_code) == (200, 200, 400)
    assert (done["status"], done["size"], done["capabilities"]) == ("available", 2, ["cloud-init"])
    assert caller.create(**{**FROM_IMAGE, "image": done["id"]})["image"] == done["id"]
    assert caller.session.put(f"{api.url}/_local/images/1", **send).status_code == 404
    assert [name for name, _ in reasons(caller.post("/images/upload", {"region": "us-den-1"}))] == [
        "label",
        "region",
    ]


def test_security_questions_are_there_and_none_is_answered(caller: Caller) -> None:
    asked = made(caller.get("/profile/security-questions"))["security_questions"]

    assert [one["id"] for one in asked] == list(range(1, 20))
    assert {one["response"] for one in asked} == {None}


def test_an_oauth_client_shows_its_secret_once(caller: Caller) -> None:
    path = "/account/oauth-clients"

    client = made(caller.post(path, {"label": "app", "redirect_uri": "https://app.example/back"}))
    own = f"{path}/{client['id']}"
    changed = made(caller.put(own, {"label": "other"}))
    again = made(caller.post(own + "/reset-secret"))
    third = made(caller.post(own + "/reset_secret"))

    assert (client["status"], client["public"], len(client["secret"])) == ("active", False, 64)
    assert len({one["secret"] for one in (client, changed, again, third)}) == 4
    assert changed == {**client, "label": "other", "secret": "<REDACTED>"}
    assert caller.rows(path) == [made(caller.get(own))] == [changed]
    assert reasons(caller.post(path, {"label": "app"})) == [("redirect_uri", "redirect_uri is required")]
    made(caller.delete(own))
    assert caller.get(own).status_code == 404


@pytest.mark.parametrize("wanted", ["10.0.0.0", "10.0.0.0/33", "10.0.0.1/24"])
def test_a_subnet_is_a_network(caller: Caller, wanted: str) -> None:
    vpc = made(caller.post("/vpcs", {"label": "net", "region": "us-ord"}))

    answer = caller.post(f"/vpcs/{vpc['id']}/subnets", {"label": "front", "ipv4": wanted})

    assert reasons(answer) == [("ipv4", "Must be an IPv4 network")]


@pytest.mark.parametrize("path", ["/account/logins", "/profile/logins"])
def test_somebody_has_logged_in_to_make_a_token(caller: Caller, path: str) -> None:
    [login] = caller.rows(path)

    assert (login["username"], login["status"]) == (made(caller.get("/profile"))["username"], "successful")
    assert made(caller.get(f"{path}/{login['id']}")) == login
