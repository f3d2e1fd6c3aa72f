"""What the provider of all kinds does where an answer is of no use."""

from __future__ import annotations

from providers.linode.core import provider
from providers.linode.resources import ssh_key
from tests import sessions


def test_a_look_at_what_was_made_in_part_that_can_not_be_read_is_no_reason_to_lose_it() -> None:
    session = sessions.prepared({"/profile/sshkeys/7": {"id": "?"}})

    assert provider._as_it_is(ssh_key.SPEC, session, 7) is None
