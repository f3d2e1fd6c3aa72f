"""Find and delete what pull requests' stacks left behind, and nothing that is not provably ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property

from fleet.delivery import reaping
from fleet.delivery.pull_requests import PREFIX, TEMPLATE, PrStack, take_down
from fleet.delivery.reaping import Row, Scope, StackFacts, facts_of
from fleet.engine.local_stack import project_name
from fleet.engine.run import Run, run_of
from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.api.records import Linode
from providers.linode.core import runtime as sessions
from providers.linode.core.owner import is_owner_tag
from providers.linode.core.runtime import Session
from stacks import sources
from stacks.errors import BadSettings, EngineFailed

NUMBERS_TRIED = 10_000
"""Pull requests whose stacks are looked for even where neither a state nor a label names them."""


@dataclass
class Reaper:
    """One look at the account and the backend. The account is listed first: a machine that is made meanwhile is
    then either not in the list, or in the state that is read after it.
    """

    pattern: str
    named: frozenset[str] = frozenset()

    @cached_property
    def session(self) -> Session:
        """Of the token that pull requests' stacks use. Raises BadConnection, WrongAccount."""
        sessions.learn(sources.linode_values(sources.of_files(TEMPLATE)))
        session = sessions.of_stack(TEMPLATE)
        if (expected := sessions.expected_account()) is not None:
            sessions.require_account(session, expected, TEMPLATE)
        return session

    @cached_property
    def scope(self) -> Scope:
        environments = frozenset(sources.environments()) | {"dev", "staging", "prod", "local"}
        now = datetime.now(timezone.utc)
        return Scope(self.session.account_id, project_name(), environments, self.pattern, now, self.named)

    @cached_property
    def linodes(self) -> list[Linode]:
        """The account's machines that carry somebody's owner tag."""
        return [one for one in self.session.client.linodes() if any(is_owner_tag(tag) for tag in one.tags)]

    @cached_property
    def run(self) -> Run:
        self.linodes  # noqa: B018 - listed before any state is read
        return run_of(TEMPLATE)

    @cached_property
    def stack_names(self) -> list[str]:
        return self.run.stacks()

    @cached_property
    def stacks(self) -> dict[int, str]:
        """The stack of each machine, by its id; strangers are not among them."""
        names = {
            *self.stack_names,
            *self.scope.environments,
            *reaping.candidates(self.linodes, self.scope.project),
        }
        names |= {f"{PREFIX}{number}" for number in range(1, NUMBERS_TRIED + 1)}
        known = reaping.digests(names, self.scope.account, self.scope.project)
        found = {one.id: reaping.stack_of(one, known) for one in self.linodes}
        return {id_: stack for id_, stack in found.items() if stack is not None}

    @cached_property
    def states(self) -> dict[str, StackFacts]:
        """The stacks of the backend that the pattern covers or a machine is of."""
        wanted = {name for name in self.stack_names if self.scope.covers(name)}
        wanted |= set(self.stacks.values()) & set(self.stack_names)
        return {name: self._facts(name) for name in sorted(wanted)}

    def _facts(self, name: str) -> StackFacts:
        run = self.run.about(name)
        return facts_of(name, run.deployment(), run.tags())

    @property
    def others(self) -> int:
        return len(self.linodes) - len(self.stacks)

    def found(self) -> list[Row]:
        """Every stack and machine that there is something to say of, with what it costs. Raises LinodeError."""
        verdicts = [reaping.judge_stack(facts, self.scope) for facts in self.states.values()]
        verdicts += [
            reaping.judge_linode(one, self.stacks.get(one.id), self.states, self.scope)
            for one in self.linodes
        ]
        in_stack = {
            name: [one for one in self.linodes if str(one.id) in facts.ids]
            for name, facts in self.states.items()
        }
        return reaping.rows([one for one in verdicts if one], in_stack, self._prices())

    def _prices(self) -> Mapping[int, float | None]:
        types = {item.id: item for item in self.session.catalogs.types()}
        return {
            one.id: types[one.type].monthly_usd(one.region, one.backups.enabled)
            if one.type in types
            else None
            for one in self.linodes
        }

    def unknown_names(self, found: Iterable[Row]) -> list[str]:
        """A problem for each machine that was named and is not an orphan of a stack of ours."""
        judged = {str(row.verdict.linode.id) for row in found if row.verdict.linode}
        return [
            f"Linode {id_}: no orphan of a stack of this project in this account, and left alone. Next: check the id."
            for id_ in sorted(self.named - judged)
        ]

    def delete(self, row: Row) -> str | None:
        """Delete what a verdict is about, after a last look; the problem if that fails."""
        try:
            if row.verdict.linode is None:
                return self._take_down(row.verdict.stack)
            return self._delete_linode(row.verdict.linode, row.verdict.stack)
        except (LinodeError, EngineFailed, BadSettings) as error:
            return f"{row.what()}: {error}"

    def _take_down(self, stack: str) -> str | None:
        pr, again = PrStack.of_name(stack), reaping.judge_stack(self._facts(stack), self._scope_of_now())
        if pr is None or again is None or again.action != "delete":
            return f"stack {stack}: it changed meanwhile, and was left alone. Next: reap again."
        code = take_down(pr, ("--yes", "--skip-preview"))
        return f"stack {stack}: its destroy ended with exit code {code}. Next: reap again." if code else None

    def _scope_of_now(self) -> Scope:
        return replace(self.scope, now=datetime.now(timezone.utc))

    def _delete_linode(self, linode: Linode, stack: str) -> str | None:
        try:
            current = self.session.client.linode(linode.id)
            known = reaping.digests([stack], self.scope.account, self.scope.project)
            states = {stack: self._facts(stack)} if stack in self.run.stacks() else {}
            owner = reaping.stack_of(current, known)
            again = reaping.judge_linode(current, owner, states, self._scope_of_now())
            if again is None or again.action != "delete":
                return f"Linode {linode.id}: it changed meanwhile, and was left alone. Next: reap again."
            self.session.client.delete_linode(linode.id)
        except NotFound:
            pass
        print(f"Linode {linode.id} ({linode.label}) of stack '{stack}': deleted", flush=True)
        return None
