from __future__ import annotations

from pathlib import Path

from hypothesis import given, strategies as st

from fleet.report.judge.report import build
from tests.unit.report.making import Act, bundle, server
from tests.unit.report.test_masked_texts import everything

SECRET_NAMES = st.sampled_from(
    [
        "root_pass",
        "rootPass",
        "stackscript_data",
        "token",
        "apiToken",
        "db_password",
        "private_key",
        "clientSecret",
    ]
)
OUTPUT_NAMES = st.text(alphabet="abcdefgh_", min_size=1, max_size=8)
OPS = st.sampled_from(["create", "update", "replace", "delete", "same"])


@given(op=OPS, secret=SECRET_NAMES, output=OUTPUT_NAMES, nested=st.booleans(), compared=st.booleans())
def test_no_operation_shows_a_secret_input_or_an_output(
    tmp_path: Path, op: str, secret: str, output: str, nested: bool, compared: bool
) -> None:
    def inputs(value: str) -> dict[str, object]:
        return server(**({"settings": {secret: value}} if nested else {secret: value}))

    path = f"settings.{secret}" if nested else secret
    act = Act(
        op,
        "web",
        None if op == "create" else inputs("FAKE-old-value"),
        None if op == "delete" else inputs("FAKE-new-value"),
        (path,) if op == "replace" else (),
        {path: "update", output: "update"} if compared and op in ("update", "replace") else None,
        outputs={output: "FAKE-output", "root": {"deep": ["FAKE-output"]}},
    )

    for form in ("events", "digest"):
        text = everything(build([bundle(tmp_path / form, [act], form=form)]))

        assert "FAKE" not in text
