"""The stack's file: read with defaults, edited without touching the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from emulators.engine.errors import EngineError, NotSupported
from emulators.engine.state import config, project
from emulators.engine.state.secrets import open_stack
from tests.engine_programs import SALT

CRYPTER = open_stack(SALT, "x")
COMMENTED = """\
# about this stack
encryptionsalt: v1:abc
config:
  # the region
  sample:region: eu   # in Europe
  sample:tags:
    - a
    - b
  sample:word:
    secure: v1:x:y
# the end
"""


def test_values_are_texts_and_defaults_fill_in(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: sample\nruntime: {name: python}\nconfig:\n  size: {type: integer, default: 3}\n  zone: z1\n"
        "  other:key: {value: v}\n  unset: {type: string}\n"
    )
    secret = CRYPTER.encrypt("hush")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        f"config:\n  sample:zone: z2\n  flag: true\n  word-like: yes\n  list: [1, a]\n  word: {{secure: '{secret}'}}\n"
    )

    found = config.load(project.load(tmp_path / "Pulumi.yaml"), CRYPTER, tmp_path / "Pulumi.dev.yaml")

    assert found.values == {
        "sample:size": "3", "sample:zone": "z2", "other:key": "v", "sample:flag": "true",
        "sample:word-like": "yes", "sample:list": '[1,"a"]',
        "sample:word": "hush",
    }  # fmt: skip
    assert found.secret_keys == {"sample:word"}


@pytest.mark.parametrize(
    ("written", "nested", "alone"),
    [
        ("2029-01-01", '"2029-01-01 00:00:00 +0000 UTC"', "2029-01-01 00:00:00 +0000 UTC"),
        ("2029-1-1", '"2029-01-01 00:00:00 +0000 UTC"', "2029-01-01 00:00:00 +0000 UTC"),
        ("2029-01-01T10:00:00.5Z", '"2029-01-01 10:00:00.5 +0000 UTC"', "2029-01-01 10:00:00.5 +0000 UTC"),
        ("2029-01-01 10:00:00", '"2029-01-01 10:00:00 +0000 UTC"', "2029-01-01 10:00:00 +0000 UTC"),
        ("2029-01-01T10:00:00+02:00", '"2029-01-01 10:00:00 +0200 +0200"', "2029-01-01 10:00:00 +0200 +0200"),
        ("'2029-01-01'", '"2029-01-01"', "2029-01-01"),
        ("12:30", '"12:30"', "12:30"),
        ("010", "8", "8"),
        ("0o10", "8", "8"),
        ("089", "89", "89"),
        ("1e3", "1000", "1000"),
        ("1e400", '"1e400"', "1e400"),
        ("5.", "5", "5"),
        ("1_000.5", "1000.5", "1000.5"),
        ("~", "null", ""),
        ("on", '"on"', "on"),
    ],
)
def test_plain_values_are_read_as_the_real_engine_reads_them(
    written: str, nested: str, alone: str, tmp_path: Path
) -> None:
    """Seen with `pulumi config --json` of 3.260."""
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: {name: python}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  alone: {written}\n  map: {{it: {written}}}\n")

    found = config.load(project.load(tmp_path / "Pulumi.yaml"), CRYPTER, tmp_path / "Pulumi.dev.yaml")

    assert found.values == {"sample:alone": alone, "sample:map": f'{{"it":{nested}}}'}


def test_a_value_is_replaced_and_every_comment_stays(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(COMMENTED)

    config.set_value(file, "sample:tags", "plain", None)

    expected = COMMENTED.replace("  sample:tags:\n    - a\n    - b\n", "  sample:tags: plain\n")
    assert file.read_text() == expected


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["web", "count"], "4", {"web": {"count": 4, "tags": ["a"]}}),
        (["web", "tags", 1], "b", {"web": {"count": 3, "tags": ["a", "b"]}}),
        (["web", "tags", 0], "010", {"web": {"count": 3, "tags": ["010"]}}),
        (["db", "backups"], "true", {"web": {"count": 3, "tags": ["a"]}, "db": {"backups": True}}),
        (
            ["db", "keys", 0, "name"],
            "x",
            {"web": {"count": 3, "tags": ["a"]}, "db": {"keys": [{"name": "x"}]}},
        ),
    ],
)
def test_a_value_inside_another_is_set(
    path: list[str | int], value: str, expected: object, tmp_path: Path
) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("# mine\nconfig:\n  fleet:servers: {web: {count: 3, tags: [a]}}\n  # last\n")

    config.set_value(file, "fleet:servers", value, None, path)

    assert yaml.safe_load(file.read_text()) == {"config": {"fleet:servers": expected}}
    assert "# mine" in file.read_text()
    assert "# last" in file.read_text()


def test_a_secret_inside_a_value_is_encrypted(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"

    config.set_value(file, "fleet:words", "7", CRYPTER, ["one"])

    stored = yaml.safe_load(file.read_text())["config"]["fleet:words"]["one"]
    assert CRYPTER.decrypt(stored["secure"]) == "7"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (["tags", "x"], "fleet:web.tags is no map"),
        (["tags", 2], r"fleet:web.tags has 1 entries, so the next one is \[1\]"),
        (["count", 0], "fleet:web.count is no list"),
        ([0], "fleet:web is no list"),
    ],
)
def test_nothing_is_set_in_what_is_something_else(path: list[str | int], told: str, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text := "config:\n  fleet:web: {count: 3, tags: [a]}\n")

    with pytest.raises(EngineError, match=told):
        config.set_value(file, "fleet:web", "x", None, path)

    assert file.read_text() == text


def test_a_new_value_goes_to_the_end_of_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(COMMENTED)

    config.set_value(file, "sample:size", "3", None)

    assert file.read_text() == COMMENTED.replace("v1:x:y\n", "v1:x:y\n  sample:size: '3'\n")


@pytest.mark.parametrize("before", ["", "encryptionsalt: v1:abc\n", "config: {}\n", "config:\n"])
def test_a_first_value_makes_the_configuration(tmp_path: Path, before: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(before)

    config.set_value(file, "sample:word", "hush", CRYPTER)

    stored = yaml.safe_load(file.read_text())["config"]["sample:word"]
    assert CRYPTER.decrypt(stored["secure"]) == "hush"
    assert "hush" not in file.read_text()


def test_the_salt_is_put_first_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("# mine\nconfig:\n  a:b: c\n")

    config.write_salt(file, "v1:salt")

    assert file.read_text() == "encryptionsalt: v1:salt\n# mine\nconfig:\n  a:b: c\n"


def test_another_secrets_provider_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("secretsprovider: awskms://x\n")

    with pytest.raises(NotSupported, match="awskms"):
        config.encryption_salt(file)


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config: [\n")

    with pytest.raises(EngineError, match=r"Pulumi\.dev\.yaml is not YAML"):
        config.encryption_salt(file)


BOMB = "\n".join(
    ["config:", "  x:a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    + [f"  x:{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config:\n  x:a: 1\n  x:a: 2\n", 'line 3: mapping key "x:a" already defined at line 2'),
        (BOMB, "document contains excessive aliasing"),
        ("config: &a {x:a: *a}\n", "document contains excessive aliasing"),
    ],
)
def test_what_the_real_engine_does_not_read_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)

    with pytest.raises(EngineError, match=told):
        config.encryption_salt(tmp_path / "Pulumi.dev.yaml")


@pytest.mark.parametrize(("key", "full"), [("a", "sample:a"), ("b:a", "b:a"), ("b:config:a", "b:a")])
def test_keys_get_the_projects_namespace(key: str, full: str) -> None:
    assert config.full_key(key, "sample") == full


def test_settings_of_the_project_are_read(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: sample\nruntime:\n  name: python\n  options: {virtualenv: venv}\nstackConfigDir: stacks\n"
        "backend: {url: 'file://./state'}\nrequiredPulumiVersion: '>=3.0.0'\n"
    )

    found = project.find(tmp_path)

    assert found.stack_file("dev") == tmp_path / "stacks" / "Pulumi.dev.yaml"
    assert found.backend_url == "file://./state"


@pytest.mark.parametrize("name", ["dev", "sample/dev", "organization/sample/dev"])
def test_a_stack_has_three_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")

    assert project.plain_name(name, project.find(tmp_path)) == "dev"


@pytest.mark.parametrize("name", ["other/dev", "me/sample/dev", "a b", "", "../x"])
def test_other_names_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")

    with pytest.raises(EngineError):
        project.plain_name(name, project.find(tmp_path))
