"""A backend in a folder, with a state that has what a test needs."""

from __future__ import annotations

import json
from pathlib import Path


def state_with(
    folder: Path,
    *ids: str,
    stack: str = "dev",
    kind: str = "",
    name: str = "",
    creating: tuple[str, ...] = (),
) -> dict[str, str]:
    """An environment whose backend is a folder with that state. creating: URNs of what a killed run was making."""
    stacks = folder / ".pulumi" / "stacks" / "fleet"
    stacks.mkdir(parents=True, exist_ok=True)
    resources = [{"urn": f"urn::{name or id_}", "id": id_, **({"type": kind} if kind else {})} for id_ in ids]
    pending = [{"type": "creating", "resource": {"urn": urn, "type": urn.split("::")[2]}} for urn in creating]
    latest = {"resources": resources, "pending_operations": pending}
    text = json.dumps({"version": 3, "checkpoint": {"latest": latest}})
    (stacks / f"{stack}.json").write_text(text)
    return {"PULUMI_BACKEND_URL": f"file://{folder}"}
