"""Every recording is sent again to the local API, at its own day and pace, with limits on: no word differs unnamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.differences import key, reasons
from tests.contract.replaying import FILES, RECORDINGS, Difference, replayed

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="needs the recordings in ../shared/recordings"
)
ALIKE_AT_LEAST = 0.78
"""Of all exchanges, word for word, without the table."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Difference]]]:
    """The differences of each exchange, by file."""
    folder: Path = tmp_path_factory.mktemp("replayed")
    return {file: [differing for _, differing in replayed(folder, file)] for file in FILES}


@pytest.mark.parametrize("file", FILES)
def test_what_differs_from_a_recording_is_in_the_table(
    seen: dict[str, list[list[Difference]]], file: str
) -> None:
    unnamed = [str(one) for differing in seen[file] for one in differing if key(one) not in reasons()]

    assert unnamed == []


def test_every_line_of_the_table_names_something(seen: dict[str, list[list[Difference]]]) -> None:
    found = {key(one) for answers in seen.values() for differing in answers for one in differing}

    assert reasons().keys() - found == set()
    assert all(why.partition(": ")[2] for why in reasons().values())


def test_most_recorded_answers_come_word_for_word(seen: dict[str, list[list[Difference]]]) -> None:
    answers = [differing for of_file in seen.values() for differing in of_file]

    assert len(answers) == 478
    assert sum(not differing for differing in answers) >= ALIKE_AT_LEAST * len(answers)
