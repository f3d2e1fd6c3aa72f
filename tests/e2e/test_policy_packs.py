"""Policy packs at the real engine: what they say is in the report. The embedded engine has none."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from emulators.linode_api.server import LocalApi
from fleet.report.judge.report import EXIT_FAILED
from tests.two_environments import TwoEnvironments

PACK = """
from concurrent import futures

import grpc
from pulumi.runtime.proto import analyzer_pb2 as said, analyzer_pb2_grpc, plugin_pb2

LEVELS = {"has-backups": said.ADVISORY, "is-nanode": said.MANDATORY, "has-region": said.MANDATORY}
SERVER = "pulumi-python:dynamic/linode:Instance"


class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def Analyze(self, asked, context):
        broken = {}
        if asked.type == SERVER:
            if not asked.properties["backups_enabled"]:
                broken["has-backups"] = "no backups"
            if asked.properties["type"] != "g6-nanode-1":
                broken["is-nanode"] = f"{asked.properties['type']} is too large"
        told = [said.AnalyzeDiagnostic(policyName=name, policyPackName="house", message=why,
                                       enforcementLevel=LEVELS[name], urn=asked.urn) for name, why in broken.items()]
        return said.AnalyzeResponse(diagnostics=told)

    def AnalyzeStack(self, asked, context):
        return said.AnalyzeResponse()

    def Remediate(self, asked, context):
        return said.RemediateResponse()

    def GetAnalyzerInfo(self, asked, context):
        policies = [said.PolicyInfo(name=name, enforcementLevel=level) for name, level in LEVELS.items()]
        return said.AnalyzerInfo(name="house", version="1.0.0", policies=policies)

    def GetPluginInfo(self, asked, context):
        return plugin_pb2.PluginInfo(version="1.0.0")

    def Handshake(self, asked, context):
        return said.AnalyzerHandshakeResponse()

    def ConfigureStack(self, asked, context):
        return said.AnalyzerStackConfigureResponse()


server = grpc.server(futures.ThreadPoolExecutor())
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
"""
"""By the protocol itself, as `pulumi-policy` speaks it: that one needs a virtual environment of its own."""


def pack(folder: Path, text: str) -> Path:
    runtime = f"{{name: python, options: {{toolchain: pip, virtualenv: {sys.prefix}}}}}"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text(f"name: house\nversion: 1.0.0\nruntime: {runtime}\n")
    (folder / "__main__.py").write_text(text)
    return folder


def reported(here: TwoEnvironments, policies: Path) -> tuple[int, dict[str, Any], str]:
    """The report's exit code, what it found, and the comment."""
    out = policies.parent / f"out-{policies.name}"
    made = here.stacks("bundle", "--stack", "dev", "--out", str(out), "--policy-pack", str(policies))
    assert made.code == 0, made.said
    done = here.stacks("report", "write", str(out), "--out", str(out / "report"))
    found: dict[str, Any] = json.loads((out / "report" / "report.json").read_text())
    return done.code, found, (out / "report" / "comment.md").read_text()


def test_what_a_policy_pack_says_is_in_the_report(real_engine: str, tmp_path: Path) -> None:
    with LocalApi(tmp_path / "api.db", speed=600, limits=False) as api:
        here = TwoEnvironments(tmp_path, real_engine, api)
        assert here.sh("pulumi stack init dev").code == 0

        code, broken, red = reported(here, pack(tmp_path / "strict", PACK))
        mild = PACK.replace('"is-nanode": said.MANDATORY', '"is-nanode": said.ADVISORY')
        passed, advised, yellow = reported(here, pack(tmp_path / "mild", mild))

    assert code == EXIT_FAILED
    assert "✖ `dev` could not be previewed: policy `is-nanode` is broken" in red
    assert "`g6-standard-1 is too large`, on `db-1`" in red
    assert "policy `has-backups` advises.** `no backups`, on `db-1` and `web-1`." in red
    assert (passed, broken["verdict"], advised["verdict"]) == (0, "failed", "look")
    assert "policy `is-nanode` advises.** `g6-standard-1 is too large`, on `db-1`." in yellow
    assert "Policy checks passed: " in yellow
