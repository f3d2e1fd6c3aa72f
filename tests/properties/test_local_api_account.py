"""Any order of calls leaves the account equal to a plain model of it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from emulators.linode_api.clock import HeldClock
from emulators.linode_api.core.accounts import Accounts
from emulators.linode_api.core.database import Database
from emulators.linode_api.core.errors import ApiError
from emulators.linode_api.core.events import settle
from emulators.linode_api.core.routes import Call
from emulators.linode_api.resources import tags
from emulators.linode_api.resources.linode import linodes
from emulators.linode_api.resources.linode.create import create_linode

LABELS = st.sampled_from(["web", "db1", "mail"])
TAGS = st.lists(st.sampled_from(["red", "blue", "Red"]), max_size=3)
BODY = {"type": "g6-nanode-1", "region": "us-ord"}
SETTLED_AFTER_S = 600


class AccountMachine(RuleBasedStateMachine):
    made = Bundle("made")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = HeldClock()
        self.open()
        self.model: dict[int, tuple[str, frozenset[str]]] = {}

    def open(self) -> None:
        self.database = Database(self.folder / "api.db")
        self.account = Accounts(self.database, self.clock).named("model")

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def call(self, **body: Any) -> Call:
        return Call(self.account, {}, None, body)

    def taken(self, label: str, besides: int | None = None) -> bool:
        return any(name == label for linode_id, (name, _) in self.model.items() if linode_id != besides)

    @rule(target=made, label=LABELS, chosen=TAGS)
    def create(self, label: str, chosen: list[str]) -> int:
        try:
            linode = create_linode(self.account, {**BODY, "label": label, "tags": chosen})
        except ApiError:
            assert self.taken(label)
            return -1
        assert not self.taken(label)
        self.model[linode.id] = (label, lower(chosen))
        return linode.id

    @rule(linode_id=made, label=LABELS, chosen=TAGS)
    def update(self, linode_id: int, label: str, chosen: list[str]) -> None:
        if linode_id not in self.model:
            return
        linode = linodes.find_linode(self.account, linode_id)
        try:
            linodes.update(self.call(label=label, tags=chosen), linode)
        except ApiError:
            assert self.taken(label, besides=linode_id)
        else:
            assert not self.taken(label, besides=linode_id)
            self.model[linode_id] = (label, lower(chosen))

    @rule(linode_id=consumes(made))
    def delete(self, linode_id: int) -> None:
        if linode_id not in self.model:
            return
        linodes.delete(self.call(), linodes.find_linode(self.account, linode_id))
        self.settle()
        del self.model[linode_id]

    @rule(label=st.sampled_from(["red", "BLUE"]))
    def delete_tag(self, label: str) -> None:
        try:
            tags.delete(self.call(), label)
        except ApiError:
            assert not any(lower([label]) & kept for _, kept in self.model.values())
        self.model = {key: (name, kept - lower([label])) for key, (name, kept) in self.model.items()}

    @rule()
    def restart(self) -> None:
        self.database.close()
        self.open()

    @rule()
    def settle(self) -> None:
        self.clock.advance(SETTLED_AFTER_S)
        settle(self.account)

    @invariant()
    def the_account_equals_the_model(self) -> None:
        found = linodes.all_linodes(self.account)

        assert {one.id: (one.label, lower(one["tags"])) for one in found} == self.model
        assert all(len(one["tags"]) == len(lower(one["tags"])) for one in found)


def lower(labels: list[str]) -> frozenset[str]:
    return frozenset(label.lower() for label in labels)


AccountMachine.TestCase.settings = settings(stateful_step_count=20)
TestAccountMachine = AccountMachine.TestCase
