"""The labels that a pull request gets from its report."""

from __future__ import annotations

from fleet.report.model import Verdict

LABELS: dict[Verdict, str] = {
    "failed": "infra: failed",
    "blocked": "infra: blocked",
    "danger": "infra: change",
    "look": "infra: change",
    "changes": "infra: change",
    "nothing": "infra: no change",
}
DATA_LOSS_LABEL = "infra: data loss"
LABEL_NAMES = (*dict.fromkeys(LABELS.values()), DATA_LOSS_LABEL)
"""Labels that a pull request gets, all of them."""
