"""Rules that hold for the whole tree."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Collection
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from tests.project_copy import as_new

PROJECT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "providers": {"providers"},
    "providers.linode.api": {"providers.linode.api", "providers.linode.nearest"},
    "providers.linode.catalogs": {
        "providers.linode.api",
        "providers.linode.catalogs",
        "providers.linode.nearest",
    },
    "providers.linode.pins": {
        *(
            "providers.linode.api",
            "providers.linode.catalogs",
            "providers.linode.nearest",
            "providers.linode.pins",
            "providers.linode.project",
        ),
    },
    "providers.linode.core": {
        *(
            "providers.linode.api",
            "providers.linode.catalogs",
            "providers.linode.core",
            "providers.linode.nearest",
        ),
    },
    "providers.linode.resources": {
        *(
            "providers.linode.api",
            "providers.linode.catalogs",
            "providers.linode.core",
            "providers.linode.nearest",
        ),
        "providers.linode.resources",
    },
    "emulators": {"emulators"},
    "stacks": {"stacks", "providers"},
    "fleet": {"fleet", "stacks", "providers"},
    "fleet.cli": {"fleet.cli", "fleet.delivery", "fleet.engine", "fleet.report", "stacks", "providers"},
    "fleet.delivery": {"fleet.delivery", "fleet.engine", "stacks", "providers"},
    "fleet.engine": {"fleet.engine", "stacks", "providers"},
    "fleet.report": {"fleet.report"},
}
"""What each folder may import of ours: the arrows that the data follows, none back."""

OURS = frozenset({"providers", "emulators", "fleet", "stacks", "tests"})


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [PROJECT / name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]


def imported(file: Path) -> set[str]:
    """The modules of ours that a file imports, by their whole names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.partition(".")[0] in OURS}


def within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def wrong_arrows(package: str) -> set[tuple[str, str]]:
    """(file, module) of what a folder imports and may not."""
    return {
        (file.relative_to(PROJECT).as_posix(), name)
        for file in PROJECT.joinpath(*package.split(".")).rglob("*.py")
        for name in imported(file)
        if not within(name, MAY_IMPORT[package])
    }


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_imports_follow_the_data_flow(package: str) -> None:
    assert wrong_arrows(package) == set()


def modules(package: str) -> dict[str, Path]:
    return {
        ".".join(file.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in (PROJECT / package).rglob("*.py")
    }


def imported_with(file: Path, names: Collection[str]) -> set[str]:
    """Those of the modules that a file imports while it is imported itself."""
    waiting, found = [*ast.parse(file.read_text()).body], set[str]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt)]
    return found & set(names)


@pytest.mark.parametrize("package", sorted(OURS - {"tests"}))
def test_no_module_needs_one_that_needs_it(package: str) -> None:
    """Kinds are imported when a check first needs one, in many threads at once: a circle would be a deadlock."""
    files = modules(package)

    TopologicalSorter({name: imported_with(file, files) - {name} for name, file in files.items()}).prepare()


def test_the_two_emulators_do_not_know_each_other() -> None:
    for one, other in (("engine", "linode_api"), ("linode_api", "engine")):
        for file in (PROJECT / "emulators" / one).rglob("*.py"):
            assert f"emulators.{other}" not in file.read_text(), file


def test_only_the_transport_and_its_cache_know_requests_in_the_provider() -> None:
    users = {
        file.name
        for file in (PROJECT / "providers").rglob("*.py")
        if re.search(r"^\s*(import|from) requests", file.read_text(), re.MULTILINE)
    }

    assert users <= {"transport.py", "refusals.py", "catalog_cache.py"}


FORBIDDEN = {
    "an index address": re.compile(
        r"--(extra-)?index-url|--trusted-host|pypi\.org/simple|files\.pythonhosted"
    ),
    "find-links": re.compile(r"--find-" + "links"),
    "an absolute path of a machine": re.compile(r"(?<![\w.:/<$~{}'\"])/(home|root|work|Users|opt|tmp)/\w"),
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_tracked_file_names_a_machine_or_an_index(what: str) -> None:
    this = Path(__file__).resolve()
    found = []
    for file in tracked():
        if file.resolve() == this:
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{file.relative_to(PROJECT)}:{number}: {line.strip()[:100]}")

    assert found == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_hashed(file: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z])", (PROJECT / file).read_text().strip())

    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==[\w.]+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_no_test_looks_at_a_clock() -> None:
    """On a busy machine it says nothing of the code. `tests/until.py` waits; bench and chaos choose moments."""
    folders = ("unit", "properties", "contract", "servicer", "e2e", "docs")
    clock = re.compile(r"(?<!def )\b(?:monotonic|perf_counter|process_time|thread_time|time)(?:_ns)?\(")

    lookers = {
        str(file.relative_to(PROJECT))
        for folder in folders
        for file in (PROJECT / "tests" / folder).rglob("*.py")
        if clock.search(file.read_text())
    }

    assert lookers == set()


def in_the_machines_encoding(file: Path) -> list[int]:
    """The lines of calls that read or write texts and don't say in which encoding: files', or commands' output."""
    found = []
    for call in ast.walk(ast.parse(file.read_text())):
        if isinstance(call, ast.Call):
            name, words = (
                ast.unparse(call.func),
                {word.arg: ast.unparse(word.value) for word in call.keywords},
            )
            a_file = name == "open" and not re.search("'[rwax]?b'", ast.unparse(call))
            texts = a_file or name.endswith((".read_text", ".write_text")) or words.get("text") == "True"
            found += [call.lineno] if texts and "encoding" not in words else []
    return found


@pytest.mark.parametrize("folder", ["providers", "stacks", "fleet", "emulators"])
def test_texts_are_utf_8_on_every_machine(folder: str) -> None:
    found = {
        file.relative_to(PROJECT).as_posix(): lines
        for file in (PROJECT / folder).rglob("*.py")
        if (lines := in_the_machines_encoding(file))
    }

    assert found == {}


def test_git_keeps_no_link() -> None:
    """One named .venv, say, would take the place of the virtual environment in every checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--stage"], cwd=PROJECT, capture_output=True, text=True, check=True
    )

    assert [line for line in listed.stdout.splitlines() if line.startswith("120000")] == []


def test_only_stack_local_has_its_settings_ignored() -> None:
    ignored = (PROJECT / ".gitignore").read_text().splitlines()

    assert "/.local/" in ignored
    assert "/.venv/" in ignored


def test_pulumi_itself_finds_the_packages_and_the_settings() -> None:
    project = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())

    assert project["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    assert project["stackConfigDir"] == "stacks"
    assert re.fullmatch(r">=3\.\d+\.0", project["requiredPulumiVersion"])


def test_every_link_of_the_documents_leads_somewhere() -> None:
    dead = [
        f"{file.relative_to(PROJECT)}: {link}"
        for file in tracked()
        if file.suffix == ".md" and not file.is_relative_to(PROJECT / "tests")
        for link in re.findall(r"\]\(([^)#\s]+)", file.read_text())
        if "://" not in link and not (file.parent / link).exists()
    ]

    assert dead == []


def anchors(document: Path) -> set[str]:
    """What its headings are called in links. Source: GitHub's way to make them."""
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def test_every_link_into_a_document_leads_to_a_heading() -> None:
    documents = [
        file for file in tracked() if file.suffix == ".md" and not file.is_relative_to(PROJECT / "tests")
    ]
    links = [
        (file, (file.parent / target).resolve() if target else file, anchor)
        for file in documents
        for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", file.read_text())
    ]

    assert len(links) > 10
    assert [
        (file.name, there.name, anchor) for file, there, anchor in links if anchor not in anchors(there)
    ] == []


def test_a_copy_for_tests_is_as_new_though_the_project_is_in_use() -> None:
    settings = (PROJECT / "stacks" / "Pulumi.dev.yaml").read_text()
    used = f"encryptionsalt: v1:abc\n{settings}  linode:token:\n    secure: v1:def\n"

    assert as_new(used) == as_new(settings)
    assert "secure" not in as_new(used)


def test_every_make_command_of_the_documents_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    known = {word for line in targets for word in line.split()}
    texts = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")]

    named = {
        (file.name, word)
        for file in texts
        for code in re.findall(r"```.*?```|`[^`\n]+`", file.read_text(), re.DOTALL)
        for word in re.findall(r"(?:^|[`\s])make ([a-z-]+)", code)
    }

    assert {word for _, word in named} >= {"up", "test", "preview", "down", "unlock"}
    assert [each for each in sorted(named) if each[1] not in known] == []
