from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulators.engine.state import config, project
from emulators.engine.state.secrets import open_stack
from fleet.cli.main import main
from providers.linode.catalogs.criteria import RegionCriteria
from providers.linode.project import PROJECT
from stacks import sources
from stacks.errors import BadSettings
from stacks.explaining import (
    SCHEMA,
    differences,
    explained,
    guards_json,
    resolved,
    schema_text,
)
from stacks.layers import Layer, merge, read_layer, read_text
from stacks.settings import parse
from tests.engine_programs import SALT

GROUP: dict[str, object] = {
    "count": 1,
    "region": {"continent": "europe"},
    "type": {},
    "image": {"vendor": "Debian"},
}


ENVIRONMENTS = ["dev", "local", "pr", "prod", "staging"]


def layer(**values: object) -> Layer:
    return Layer({f"fleet:{key}": value for key, value in values.items()})


def from_text(text: str, tmp_path: Path) -> Layer:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    return read_layer(tmp_path / "Pulumi.dev.yaml", "stacks/Pulumi.dev.yaml")


def test_there_is_one_file_per_environment() -> None:
    assert sources.environments() == ENVIRONMENTS


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_every_environment_has_valid_settings(stack: str) -> None:
    settings = parse(sources.of_files(stack), stack)

    assert settings.servers["web"].count >= 1
    assert settings.guards.max_servers == (3 if stack == "pr" else 20)


@pytest.mark.parametrize(
    ("said", "running"), [({}, True), ({"running": False}, False), ({"running": None}, None)]
)
def test_servers_are_to_run_unless_their_group_says_otherwise(
    said: dict[str, object], running: bool | None
) -> None:
    merged = merge([layer(servers={"web": GROUP}), layer(servers={"web": said})])

    assert parse(merged, "dev").servers["web"].running is running


def test_production_is_protected_and_not_turned_off_unless_it_says_so() -> None:
    assert parse(layer(servers={"web": GROUP}), "prod").servers["web"].protect is True
    assert parse(layer(servers={"web": GROUP}), "prod").servers["web"].allow_downtime is False
    assert parse(layer(servers={"web": {**GROUP, "protect": False}}), "prod").servers["web"].protect is False
    assert parse(layer(servers={"web": GROUP}), "dev").servers["web"].protect is False


def test_every_problem_is_told_at_once_with_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    text = """
config:
  fleet:servers:
    web:
      count: lots
      tagz: [x]
      region: {contries: [de]}
      type: {}
      image: {vendor: Debian}
  fleet:guards:
    data_los: ack
  fleet:sevrers: {}
  linode:tokn: abc
  flete:guards: {}
  count: 3
  aws:region: x
"""

    with pytest.raises(BadSettings) as caught:
        parse(from_text(text, tmp_path), "dev")

    said = str(caught.value)
    for line in (
        "stacks/Pulumi.dev.yaml:5: fleet:servers.web.count: must be a valid integer",
        "(got 'lots')",
        "stacks/Pulumi.dev.yaml:6: fleet:servers.web.tagz: no such setting (did you mean tags?)",
        "stacks/Pulumi.dev.yaml:7: fleet:servers.web.region.contries: no such setting (did you mean countries",
        "stacks/Pulumi.dev.yaml:11: fleet:guards.data_los: no such setting (did you mean data_loss?)",
        "stacks/Pulumi.dev.yaml:12: fleet:sevrers: no such setting (did you mean servers",
        "stacks/Pulumi.dev.yaml:13: linode:tokn: no such setting (did you mean linode:token",
        "stacks/Pulumi.dev.yaml:14: flete:guards: no such setting (did you mean fleet:guards?)",
        "stacks/Pulumi.dev.yaml:15: fleet:count: no such setting",
    ):
        assert line in said
    lines = [int(line.split(":")[1]) for line in said.splitlines()[1:] if line.startswith("  stacks/")]
    assert lines == sorted(lines)
    assert "aws:region" not in said, "it may be another provider's"


def test_a_missing_setting_is_told() -> None:
    with pytest.raises(BadSettings, match=r"fleet:servers: is required"):
        parse(Layer({}), "dev")


def test_a_group_that_is_gone_from_common_is_told_once_where_it_is_still_refined(tmp_path: Path) -> None:
    own = from_text(
        "config:\n  fleet:servers:\n    web:\n      count: 2\n      type: {class: shared}\n", tmp_path
    )

    with pytest.raises(BadSettings) as caught:
        parse(own, "dev")

    (line,) = [line for line in str(caught.value).splitlines() if "required" in line]
    assert line.startswith(
        "  stacks/Pulumi.dev.yaml:3: fleet:servers.web: region and image are required. Next: add them, "
    )
    assert "stacks/common.yaml" in line


def test_a_wrong_count_hides_nothing_and_brings_nothing_with_it() -> None:
    common = sources.of_files("dev")
    group = {"web": {"count": -1, "firewall": "wbe"}}

    with pytest.raises(BadSettings) as caught:
        parse(merge([common, Layer({"fleet:servers": group, "fleet:firewalls": {"web": {}}})]), "dev")

    said = [line.strip() for line in str(caught.value).splitlines()[1:]]
    web = [line.partition("fleet:servers.web")[2] for line in said if "servers.web" in line]
    assert web == [
        ".count: must be greater than or equal to 0 (got -1)",
        ".firewall: wbe is not in fleet:firewalls (did you mean web?)",
    ]


def test_what_common_itself_lacks_is_to_be_added_there(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text("config:\n  fleet:servers:\n    web:\n      count: 2\n")
    common = read_layer(tmp_path / "common.yaml", "stacks/common.yaml")

    with pytest.raises(BadSettings) as caught:
        parse(common, "dev")

    assert str(caught.value).splitlines()[1] == (
        "  stacks/common.yaml:3: fleet:servers.web: region, type and image are required. Next: add them."
    )


def test_an_encrypted_value_in_the_wrong_place_is_not_shown(tmp_path: Path) -> None:
    text = (
        "config: {fleet:servers: {web: {count: {secure: v1:abc}, region: {}, type: {}, image: {vendor: x}}}}"
    )

    with pytest.raises(BadSettings) as caught:
        parse(from_text(text, tmp_path), "dev")

    assert "v1:abc" not in str(caught.value)


def test_a_key_without_a_namespace_is_the_projects_as_for_the_engines(tmp_path: Path) -> None:
    group = "{web: {count: 2, region: {}, type: {}, image: {vendor: Debian}}}"

    found = from_text(f"config: {{servers: {group}}}", tmp_path)

    assert parse(found, "dev").servers["web"].count == 2
    assert str(found.place_of(("fleet:servers", "web"))) == "stacks/Pulumi.dev.yaml:1"


def test_a_misspelt_namespace_is_found_in_what_an_engine_hands_over() -> None:
    with pytest.raises(BadSettings, match=r"linod:url: no such setting \(did you mean linode:url\?\)"):
        parse(sources.of_engine({"linod:url": "http://127.0.0.1:1"}, "dev"), "dev")


def test_the_engines_texts_become_values() -> None:
    values = {
        "fleet:servers": json.dumps({"web": {"count": 2}}),
        "fleet:pins": "pins.json",
    }

    found = sources.of_engine(values, "dev")

    assert parse(found, "dev").servers["web"].count == 2


@pytest.mark.parametrize(
    ("front", "back", "said"),
    [
        (["old", "old"], [], r"front.adopt: old is adopted twice \(in front\)"),
        ([4711], ["old", 4711], r"back.adopt: 4711 is adopted twice \(in front\)"),
        ([3], [], "front.adopt"),
        ([True], [], "front.adopt"),
    ],
)
def test_a_linode_is_adopted_once_and_by_its_id_or_label(front: object, back: object, said: str) -> None:
    servers = {"front": {**GROUP, "adopt": front}, "back": {**GROUP, "adopt": back}}

    with pytest.raises(BadSettings, match=said):
        parse(layer(servers=servers), "dev")


def test_what_is_adopted_counts_beside_the_groups_own_servers() -> None:
    found = parse(layer(servers={"web": {**GROUP, "count": 2, "adopt": ["old", 4711]}}), "dev")

    assert found.servers["web"].size == 4


@pytest.mark.parametrize("day", ["2029-01-01", "'2029-01-01'", "2029-01-01T00:00:00Z"])
def test_a_date_is_the_same_whether_it_comes_from_a_file_or_through_an_engine(
    day: str, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: fleet\nruntime: {name: python}\n")
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(f"config:\n  fleet:servers: {{web: {{image: {{supported_until: {day}}}}}}}\n")
    handed_over = config.load(project.load(tmp_path / "Pulumi.yaml"), open_stack(SALT, "x"), file).values
    common = sources.of_files("dev")

    of_file = parse(merge([common, read_layer(file, "x")]), "dev").servers["web"].image
    of_engine = parse(sources.of_engine(handed_over, "dev"), "dev").servers["web"].image

    assert of_file.supported_until == of_engine.supported_until == date(2029, 1, 1)


def test_an_end_of_a_stack_without_quotes_is_a_moment() -> None:
    ends = {"fleet:ends_at": "2026-11-27 00:00:00 +0000 UTC"}

    assert parse(sources.of_engine(ends, "dev"), "dev").ends_at == datetime(2026, 11, 27, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        (
            {"web": GROUP, "front": {**GROUP, "renamed_from": "web"}},
            "front.renamed_from: web is a group of these",
        ),
        ({"web": {**GROUP, "renamed_from": "web"}}, "web.renamed_from: web is a group of these"),
        (
            {name: {**GROUP, "renamed_from": "web"} for name in ("front", "back")},
            "front.renamed_from: back is renamed from web, too",
        ),
    ],
)
def test_a_group_takes_over_one_that_is_gone_and_no_other_does(servers: dict[str, object], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse(layer(servers=servers), "dev")


def test_the_stacks_region_holds_for_groups_that_name_none() -> None:
    wide = {"continent": "europe", "prefer": ["de-fra-2"], "capabilities": ["Metadata"], "otherwise": {}}
    servers = {"web": {**GROUP, "region": wide}, "db": {**GROUP, "region": {"ids": ["us-ord"]}}}

    found = parse(layer(servers=servers, region="gb-lon"), "dev").servers

    assert found["web"].region == RegionCriteria(ids=("gb-lon",), capabilities=("Metadata",), site_type="any")
    assert found["db"].region.ids == ("us-ord",)
    assert parse(layer(servers=servers), "dev").servers["web"].region.continent == "europe"


def test_what_pulumi_new_asks_for_is_a_setting() -> None:
    asked = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["template"]["config"]

    for key, each in asked.items():
        settings = parse(merge([sources.of_files("dev"), Layer({key: each["default"]})]), "dev")
        assert settings.model_dump()[key.removeprefix("fleet:")] == each["default"]
    assert asked


def test_each_value_is_explained_with_its_file_and_line() -> None:
    found = {path: origin for path, _, origin in explained("dev", sources.of_files("dev"))}

    assert found[("fleet:servers", "web", "type", "min_memory_mb")].startswith("stacks/Pulumi.dev.yaml:")
    assert found[("fleet:servers", "web", "tags")].startswith("stacks/common.yaml:")
    assert found[("fleet:servers", "web", "protect")] == "default"


def test_a_region_of_the_whole_stack_is_explained_by_its_own_line(tmp_path: Path) -> None:
    text = "config:\n  fleet:region: gb-lon\n  fleet:servers:\n    db: {region: {ids: us-ord}}\n"
    both = merge([sources.of_files("dev"), from_text(text, tmp_path)])

    found = {path[1:]: (value, origin) for path, value, origin in explained("dev", both)}

    assert found[("web", "region", "ids")] == (["gb-lon"], "stacks/Pulumi.dev.yaml:2")
    assert found[("web", "region", "site_type")] == ("any", "stacks/Pulumi.dev.yaml:2")
    assert found[("web", "region", "capabilities")][1].startswith("stacks/common.yaml:")
    assert found[("db", "region", "ids")] == (["us-ord"], "stacks/Pulumi.dev.yaml:4")


def test_a_null_that_says_something_is_explained() -> None:
    found = resolved("dev", layer(servers={"web": {**GROUP, "running": None}}))

    assert found[("fleet:servers", "web", "running")] is None
    assert ("fleet:servers", "web", "kernel") not in found


def test_two_environments_are_compared_by_what_holds_for_them() -> None:
    found = differences(*(resolved(stack, sources.of_files(stack)) for stack in ("dev", "prod")))

    assert (("fleet:servers", "web", "count"), 1, 4) in found
    assert not any(path == ("fleet:servers", "web", "tags") for path, _, _ in found)
    assert (
        differences(resolved("dev", sources.of_files("dev")), resolved("dev", sources.of_files("dev"))) == []
    )


def test_guards_carry_their_places() -> None:
    found = guards_json("prod", sources.of_files("prod"))

    assert found["data_loss"] == {"value": "block", "file": "stacks/Pulumi.prod.yaml", "line": 17}
    assert found["max_servers"] == {"value": 20, "file": "stacks/common.yaml", "line": 20}


def test_the_schema_for_editors_is_current() -> None:
    assert SCHEMA.read_text() == schema_text()


@pytest.mark.parametrize("file", sorted(sources.FOLDER.glob("*.yaml")), ids=lambda file: file.name)
def test_each_file_names_the_schema_and_fits_it(file: Path) -> None:
    text, schema = file.read_text(), json.loads(SCHEMA.read_text())

    assert text.startswith(f"# yaml-language-server: $schema={SCHEMA.name}\n")
    assert [*misfits(read_text(text, file.name)[0], schema, schema)] == []


@pytest.mark.parametrize(
    ("config", "misfit"),
    [
        ({"fleet:servers": {"web": {"type": {"class": None, "min_memory_mb": None}, "dns": None}}}, []),
        ({"fleet:servers": {"web": None}, "fleet:guards": {"max_monthly": None}, "fleet:pins": None}, []),
        ({"fleet:firewalls": {"web": {"inbound": None}}, "fleet:zones": None}, []),
        ({"cloudflare:apiToken": {"secure": "v1:x"}, "other:size": 3}, []),
        ({"fleet:sevrers": {}}, ["config.fleet:sevrers"]),
        ({"linode:tokn": "x"}, ["config.linode:tokn"]),
        ({"fleet:servers": {"web": {"cuont": 1}}}, ["config.fleet:servers.web.cuont"]),
    ],
)
def test_editors_take_what_the_settings_take(config: object, misfit: list[str]) -> None:
    schema = json.loads(schema_text())

    assert [*misfits({"config": config}, schema, schema)] == misfit


def misfits(value: object, schema: Any, whole: Any, path: str = "") -> Iterator[str]:
    """Where a document does not fit a schema, as far as ours go: keys, types, references, alternatives."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        found = [[*misfits(value, each, whole, path)] for each in schema["anyOf"]]
        yield from min(found, key=lambda each: (len(each), -max(map(len, each), default=0)))
    types = {"object": dict, "array": list, "string": str, "integer": int, "number": float, "boolean": bool}
    kind = schema.get("type", [])
    kinds = tuple(types.get(each, type(None)) for each in (kind if isinstance(kind, list) else [kind]))
    if kinds and not isinstance(float(value) if type(value) is int and float in kinds else value, kinds):
        yield path
    elif isinstance(value, dict):
        patterns, others = schema.get("patternProperties", {}), schema.get("additionalProperties", True)
        for key, part in value.items():
            inner = f"{path}.{key}".lstrip(".")
            known = schema.get("properties", {}).get(key)
            fits = [each for pattern, each in patterns.items() if re.search(pattern, key)]
            if known is None and not fits and others is False:
                yield inner
            for each in [known] if known is not None else fits or [others]:
                yield from misfits(part, each, whole, inner) if isinstance(each, dict) else ()
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, part in enumerate(value):
            yield from misfits(part, schema["items"], whole, f"{path}[{number}]")


def test_an_unknown_environment_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "check", "stagin"]) == 1

    said = capsys.readouterr().err
    assert said.startswith("error: stack 'stagin' has no settings (Pulumi.stagin.yaml) (did you mean staging")


def test_all_environments_are_checked_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "check"]) == 0

    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ENVIRONMENTS


@pytest.mark.parametrize(
    ("common", "told"),
    [
        (None, "Next: environments: [dev, staging, prod]"),
        ("enviroments: [dev]", "Next: environments: [dev, staging, prod]"),
        ("environments: [dev, prood]", "stack 'prood' has no settings (Pulumi.prood.yaml)"),
        ("environments: [dev, prod", "stacks/common.yaml:1: not valid YAML: "),
    ],
)
def test_the_list_of_what_is_deployed_is_checked_with_the_settings(
    common: str | None,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "stacks"
    folder.mkdir()
    (folder / "Pulumi.dev.yaml").write_text("config: {fleet:servers: {}}")
    if common is not None:
        (folder / "common.yaml").write_text(common)
    monkeypatch.setattr(sources, "FOLDER", folder)
    monkeypatch.setattr(sources, "PROJECT", tmp_path)

    assert main(["settings", "check", "dev"]) == 1

    assert capsys.readouterr().err.count(told) == 1


def test_a_layer_that_only_repeats_another_changes_nothing() -> None:
    only = sources.of_files("dev")

    assert merge([only, only]).values == only.values


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (
            {"type": "g6-nanode-1"},
            "such as {min_memory_mb: 2048} or {ids: [g6-standard-2]} (got 'g6-nanode-1')",
        ),
        (
            {"region": "de-fra-2"},
            "web.region: must be a map of criteria, such as {continent: europe} or {ids: [de-fra-2]} (got 'de-fra-2')",
        ),
        (
            {"image": {"vendor": "x", "otherwise": 3}},
            "web.image.otherwise: must be a map of criteria, such as {vendor",
        ),
        ({"tags": "web"}, "web.tags: must be a list (got 'web')"),
        ({"image": {"vendor": "x", "version": 24.1}}, "web.image.version: put the version in quotes"),
    ],
)
def test_a_value_of_the_wrong_kind_is_told_in_the_words_of_the_file(
    group: dict[str, object], said: str
) -> None:
    with pytest.raises(BadSettings) as wrong:
        parse(layer(servers={"web": {**GROUP, **group}}), "dev")

    assert said in str(wrong.value)
    assert "Value error" not in str(wrong.value)


@pytest.mark.parametrize("servers", [["web"], {"web": 3}])
def test_what_must_be_a_map_says_so(servers: object) -> None:
    with pytest.raises(BadSettings, match=r"must be a map of settings"):
        parse(layer(servers=servers), "dev")


@pytest.mark.parametrize("stack", ENVIRONMENTS)
def test_no_password_is_an_output_unless_the_settings_say_so(stack: str) -> None:
    """Of the stack on this machine they are: nothing opens with them."""
    assert parse(sources.of_files(stack), stack).root_password_outputs == (stack == "local")
