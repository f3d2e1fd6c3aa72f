"""Find and delete what stacks left behind in the account, and nothing that is not provably ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import cached_property

from fleet.delivery import reaping
from fleet.delivery.pull_requests import PREFIX, TEMPLATE, PrStack, take_down
from fleet.delivery.reaping import Row, Scope, StackFacts, facts_of
from fleet.engine import accounts
from fleet.engine.run import Run, run_here, run_of
from providers.linode.api.connection import LOCAL_STACK
from providers.linode.api.errors import LinodeError, NotFound
from providers.linode.api.refusals import if_allowed
from providers.linode.core import runtime as sessions
from providers.linode.core.leftovers import Tagged, held, naming, tagged, untagged
from providers.linode.core.owner import TAG_PREFIX
from providers.linode.core.runtime import Session
from providers.linode.provider import SPECS
from stacks import expiry, sources
from stacks.errors import BadSettings, EngineFailed

NUMBERS_TRIED = 10_000
"""Pull requests whose stacks are looked for even where neither a state nor a label names them."""

TOLD = "told"
"""The tag of a stack that holds the end which its pull request was told of."""


@dataclass
class Reaper:
    """One look at the account and the backend: for pull requests' stacks by a pattern, or for one stack by its name.

    The account is listed first: what is made meanwhile is then either not in the list, or in the state that is read
    after it.
    """

    pattern: str
    named: frozenset[str] = frozenset()
    stack: str = ""

    @cached_property
    def session(self) -> Session:
        """Of the token that the stack uses. Raises BadConnection, WrongAccount, BadSettings, EngineFailed."""
        stack = self.stack or TEMPLATE
        if self.stack:
            accounts.learn(self._run)
        else:
            sessions.learn(sources.linode_values(sources.of_files(TEMPLATE)))
        session = sessions.of_stack(stack)
        if (expected := sessions.expected_account()) is not None:
            sessions.require_account(session, expected, stack)
        return session

    @cached_property
    def scope(self) -> Scope:
        environments = frozenset({LOCAL_STACK, *sources.environments()})
        account, project = self.session.account_id, self._run.project_name
        return Scope(
            account, project, environments, self.pattern, datetime.now(timezone.utc), self.named, self.stack
        )

    @cached_property
    def tagged(self) -> list[Tagged]:
        """What in the account carries somebody's owner tag."""
        return tagged(SPECS.values(), self.session, TAG_PREFIX)

    @cached_property
    def untagged(self) -> list[Tagged]:
        """What has no tags and may be left of a stack of this project."""
        linodes = [int(id_) for kind, id_ in self._by_tag if kind == "Instance"]
        found = untagged(SPECS.values(), self.session, f"{self.scope.project}-", linodes)
        return [*found, *self._records()]

    def _records(self) -> list[Tagged]:
        """Those that name an address of a stack of this project, in a domain that is not that stack's."""
        by_tag = self._by_tag
        ours = held(one for one in self.tagged if one.key in by_tag)
        domains = (if_allowed(lambda: SPECS["Domain"].list(self.session)) if ours else None) or ()
        return [
            one
            for one in naming(SPECS["DomainRecord"], self.session, domains, ours)
            if one.of
            and by_tag[one.of] not in (by_tag.get(("Domain", str(id_))) for id_ in one.spec.known.values())
        ]

    @cached_property
    def _run(self) -> Run:
        return run_here(self.stack) if self.stack else run_of(TEMPLATE)

    @cached_property
    def run(self) -> Run:
        self.tagged  # noqa: B018 - listed before any state is read
        return self._run

    @cached_property
    def stack_names(self) -> list[str]:
        return self.run.stacks()

    @cached_property
    def stacks(self) -> dict[tuple[str, str], str]:
        """The stack of each resource, by its tag or as far as can be guessed; strangers are not among them."""
        project, names = self.scope.project, {self.stack, *self.stack_names} if self.stack else self._names()
        found = {one.key: reaping.guessed(one, names, self._by_tag, project) for one in self.untagged}
        guessed = {key: stack for key, stack in found.items() if stack and self.stack in ("", stack)}
        return {**self._by_tag, **guessed}

    @cached_property
    def _by_tag(self) -> dict[tuple[str, str], str]:
        names = {self.stack} if self.stack else self._names()
        known = reaping.digests(names, self.scope.account, self.scope.project)
        found = {one.key: reaping.stack_of(one, known) for one in self.tagged}
        return {key: stack for key, stack in found.items() if stack is not None}

    def _names(self) -> set[str]:
        """Every stack whose resources are looked for."""
        labelled = reaping.candidates(self.tagged, self.scope.project)
        numbered = {f"{PREFIX}{number}" for number in range(1, NUMBERS_TRIED + 1)}
        return {*self.stack_names, *self.scope.environments, *labelled, *numbered}

    @cached_property
    def states(self) -> dict[str, StackFacts]:
        """The stacks of the backend that the pattern covers or a resource is of."""
        wanted = {name for name in self.stack_names if self.scope.covers(name)}
        wanted |= set(self.stacks.values()) & set(self.stack_names)
        found = ((name, self._facts(name)) for name in sorted(wanted))
        return {name: facts for name, facts in found if facts is not None}

    def _facts(self, name: str) -> StackFacts | None:
        """None for a stack that nothing was ever done with: one of another backend may be the one that counts."""
        run = self.run.about(name)
        facts = facts_of(name, run.deployment(), run.tags())
        return facts if facts.ids or facts.creating or facts.tags or run.was_used() else None

    @property
    def others(self) -> int:
        return len(self.tagged) - len(self._by_tag)

    def found(self) -> list[Row]:
        """Every stack and resource that there is something to say of, with what it costs. Raises LinodeError."""
        verdicts = [reaping.judge_stack(facts, self.scope) for facts in self.states.values()]
        verdicts += [
            reaping.judge_resource(one, self.stacks.get(one.key), self.states, self.scope)
            for one in (*self.tagged, *self.untagged)
        ]
        in_stack = {
            name: [one for one in self.tagged if one.key in facts.ids] for name, facts in self.states.items()
        }
        found = [one for one in verdicts if one]
        return reaping.rows(found, in_stack, lambda one: one.monthly_usd(self.session))

    def unknown_names(self, found: Iterable[Row]) -> list[str]:
        """A problem for each id that was named and is not an orphan of a stack of ours."""
        judged = {str(row.verdict.one.record.id) for row in found if row.verdict.one}
        return [
            f"{id_}: no orphan of a stack of this project in this account, and left alone. Next: check the id."
            for id_ in sorted(self.named - judged)
        ]

    def ending(self, found: Iterable[Row], within: timedelta) -> list[Row]:
        """The stacks that end within that time, and of whose end nobody was told yet."""

        def is_told_of(row: Row, ends: datetime) -> bool:
            facts = self.states[row.verdict.stack]
            return facts.account != self.scope.account or facts.tags.get(TOLD) == expiry.stack_tag(ends)

        return [
            row
            for row in found
            if row.verdict.one is None
            and (ends := row.verdict.ends) is not None
            and self.scope.now < ends <= self.scope.now + within
            and not is_told_of(row, ends)
        ]

    def note_told(self, rows: Iterable[Row]) -> None:
        """Write down for which end somebody was told. Raises EngineFailed."""
        for row in rows:
            if row.verdict.ends is not None:
                end = expiry.stack_tag(row.verdict.ends)
                self.run.about(row.verdict.stack).ask("stack", "tag", "set", TOLD, end)

    def delete(self, row: Row) -> str | None:
        """Delete what a verdict is about, after a last look; the problem if that fails."""
        try:
            if row.verdict.one is None:
                return self._take_down(row.verdict.stack)
            return self._delete_resource(row.verdict.one, row.verdict.stack)
        except (LinodeError, EngineFailed, BadSettings) as error:
            return f"{row.what()}: {error}"

    def _take_down(self, stack: str) -> str | None:
        pr, facts = PrStack.of_name(stack), self._facts(stack)
        again = reaping.judge_stack(facts, self._scope_of_now()) if facts is not None else None
        if pr is None or again is None or again.action != "delete":
            return f"stack {stack}: it changed meanwhile, and was left alone. Next: reap again."
        code = take_down(pr, ("--yes", "--skip-preview"))
        return f"stack {stack}: its destroy ended with exit code {code}. Next: reap again." if code else None

    def _scope_of_now(self) -> Scope:
        return replace(self.scope, now=datetime.now(timezone.utc))

    def _delete_resource(self, one: Tagged, stack: str) -> str | None:
        try:
            current = replace(one, record=one.spec.get(self.session, one.record.id))
            known = reaping.digests([stack], self.scope.account, self.scope.project)
            facts = self._facts(stack) if stack in self.run.stacks() else None
            states = {stack: facts} if facts is not None else {}
            owner = reaping.stack_of(current, known) if one.spec.identity.tagged else stack
            again = reaping.judge_resource(current, owner, states, self._scope_of_now())
            if again is None or again.action != "delete":
                return f"{one}: it changed meanwhile, and was left alone. Next: reap again."
            self.session.client.delete(one.spec.record_path(one.record.id))
        except NotFound:
            pass
        print(f"{one} of stack '{stack}': deleted", flush=True)
        return None
