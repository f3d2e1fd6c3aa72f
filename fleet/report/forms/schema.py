"""The JSON schema of report.json, made from the model and kept beside it in report.schema.json."""

from __future__ import annotations

import json
from pathlib import Path

from fleet.report.errors import BundleUnreadable
from fleet.report.forms.redacting import redacted
from fleet.report.model import Report

FILE = Path(__file__).with_name("report.schema.json")


def schema_text() -> str:
    """The schema as it is checked in, with a line end."""
    schema = Report.model_json_schema(mode="serialization")
    return json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def report_json(report: Report, secrets: tuple[str, ...] = ()) -> str:
    """report.json: every text in it masked by itself, so that it stays JSON. Money is a text of exact decimals."""
    return redacted(report, secrets).model_dump_json(indent=1) + "\n"


def read_report(text: str) -> Report:
    """A report.json that may come from anywhere: checked against its schema. Raises BundleUnreadable."""
    try:
        return Report.model_validate_json(text, strict=False, extra="forbid")
    except ValueError as error:
        count = getattr(error, "error_count", lambda: 1)()
        raise BundleUnreadable(f"report.json does not fit its schema ({count} problems)") from error
