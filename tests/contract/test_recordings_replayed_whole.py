"""Every recording is sent again to the local API, at its own day and pace, with limits on: no word differs unnamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.differences import key, reasons
from tests.contract.recorded import FILES, RECORDINGS
from tests.contract.replaying import Compared, replayed

pytestmark = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="needs the recordings in ../shared/recordings"
)
ALIKE_AT_LEAST, TODAY_AT_LEAST = 0.85, 0.6
"""Of all exchanges without the table: with what is newer than the recording left out, and word for word."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Compared]]:
    """The exchanges, by file."""
    folder: Path = tmp_path_factory.mktemp("replayed")
    return {file: list(replayed(folder, file)) for file in FILES}


@pytest.mark.parametrize("file", FILES)
def test_what_differs_from_a_recording_is_in_the_table(seen: dict[str, list[Compared]], file: str) -> None:
    unnamed = [str(one) for each in seen[file] for one in each.differing if key(one) not in reasons()]

    assert unnamed == []


def test_every_line_of_the_table_names_something(seen: dict[str, list[Compared]]) -> None:
    found = {key(one) for answers in seen.values() for each in answers for one in each.differing}

    assert reasons().keys() - found == set()
    assert all(why.partition(": ")[2] for why in reasons().values())


def test_most_recorded_answers_come_word_for_word(seen: dict[str, list[Compared]]) -> None:
    answers = [each for of_file in seen.values() for each in of_file]

    assert len(answers) == 478
    assert sum(not each.differing for each in answers) >= ALIKE_AT_LEAST * len(answers)
    assert sum(not each.today for each in answers) >= TODAY_AT_LEAST * len(answers)
