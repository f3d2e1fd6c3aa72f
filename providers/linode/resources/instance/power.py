"""Power states: what a Linode is to be in, and how it gets there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import ApiRefused, LinodeError
from providers.linode.api.records import Config, Linode
from providers.linode.api.refusals import NOT_FOR_US
from providers.linode.api.writes import IsDone
from providers.linode.core.runtime import Session
from providers.linode.core.waiting import until
from providers.linode.core.waiting.goals import STABLE, Goal, anything


@dataclass(frozen=True)
class Machine:
    """A Linode to work on. `boot_label` names the configuration profile to boot; None: the first one."""

    session: Session
    id: int
    timeout_s: float
    boot_label: str | None = None

    @property
    def client(self) -> LinodeClient:
        return self.session.client

    def when_free(self, call: Callable[[], None], what: str) -> None:
        """Make a call as soon as no other job of the Linode is in its way. Raises WaitExpired."""
        until.act_when_free(
            self.session.poller, self.id, call, f"Linode {self.id} is to {what}", self.timeout_s
        )

    def act(self, call: Callable[[IsDone], None], done: Callable[[Linode], bool], what: str) -> None:
        """Have an action carried out once no other job is in its way.

        Where its answer was lost, the Linode tells whether it is `done` once it has come to rest.
        Raises WaitExpired, WaitFailed and what the call raises.
        """
        self.when_free(lambda: call(lambda: done(self.at_rest())), what)

    def job_since_now(
        self, action: str, otherwise: Callable[[], bool] | None = None
    ) -> Callable[[Linode], bool]:
        """Tells later whether a job of that kind has begun: for actions that leave little else to be seen by.

        Where the token may not read events, `otherwise` tells it; without that the question raises NotAuthorized.
        """
        about = {"entity.type": "linode", "entity.id": self.id, "action": action}
        before = 0
        with suppress(ApiRefused):
            before = self._newest(about)

        def has_begun(_: Linode) -> bool:
            try:
                return self._newest(about) > before
            except ApiRefused as refused:
                if otherwise is None or refused.status not in NOT_FOR_US:
                    raise
                return otherwise()

        return has_begun

    def _newest(self, about: Mapping[str, object]) -> int:
        event = self.client.newest_event(about)
        return event.id if event else 0

    def at_rest(
        self, done: Callable[[Linode], bool] = anything, what: str = "come to rest", *, status: str = ""
    ) -> Linode:
        """The Linode once nothing is changing its status and it is `done`, in `status` if one is given.

        Raises WaitExpired, and WaitFailed when a job of it has failed since this process first acted.
        """
        mark = self.session.poller.mark()
        goal = Goal(self.id, f"Linode {self.id} is to {what}", met=done, status=status, **mark._asdict())
        return self._reached(goal)

    def first_rest(self, made: Linode, status: str) -> Linode:
        """A Linode that was just made, once it has its first status. Every event of it counts."""
        goal = Goal(self.id, f"Linode {self.id} is to be {status}", status=status, since=made.created)
        return self._reached(goal)

    def _reached(self, goal: Goal) -> Linode:
        linode = until.until_it(self.session.poller, goal, self.timeout_s)
        return linode or self.client.linode(self.id)

    def bring_to(self, status: str) -> Linode:
        """The Linode once it has the status; shut down or booted if it doesn't get there by itself."""
        linode = self.at_rest()
        if linode.status == status:
            return linode
        if status == "offline":
            return self.shut_down()
        self.boot()
        return self.at_rest(what=f"be {status}", status=status)

    def boot(self) -> None:
        """Boot it, without waiting for the end."""
        call = partial(self.client.boot, self.id, self._boot_config_id())
        self.act(call, lambda seen: seen.status == "running", "boot")

    def shut_down(self) -> Linode:
        """The Linode, off."""
        if self.at_rest().status == "running":
            call = partial(self.client.shut_down, self.id)
            self.act(call, lambda seen: seen.status != "running", "shut down")
        return self.at_rest(lambda seen: seen.status != "running", "be off")

    def reboot(self) -> None:
        """Reboot it if it runs; one that is off is left to be booted."""
        if self.at_rest().status == "running":
            call = partial(self.client.reboot, self.id, self._boot_config_id())
            job = self.job_since_now("linode_reboot")
            self.when_free(lambda: call(lambda: self._is_under_way() or job(self.at_rest())), "reboot")

    def _is_under_way(self) -> bool:
        """Whether something is changing its status: what it was asked for last, where it was at rest before."""
        return self.client.linode(self.id).status not in STABLE

    def settled(self, linode: Linode, status: str) -> Linode:
        """A Linode, as the API just reported it, once it has its first status; one that is off already is booted.

        Raises WaitExpired, WaitFailed and what the calls raise.
        """
        if linode.status not in STABLE:
            return self.first_rest(linode, status)
        return linode if status == "offline" else self.bring_to(status)

    def boot_config(self) -> Config:
        """The configuration profile that it boots. Raises LinodeError if there is none."""
        chosen = boot_config(self.client, self.id, self.boot_label)
        if chosen is None:
            named, advice = "", "make one in the Cloud Manager, or recreate the Linode"
            if self.boot_label:
                named, advice = f" '{self.boot_label}'", "correct boot_config_label"
            raise LinodeError(f"Linode {self.id} has no configuration profile{named}. Next: {advice}.")
        return chosen

    def _boot_config_id(self) -> int | None:
        return self.boot_config().id if self.boot_label else None


def boot_config(client: LinodeClient, linode_id: int, label: str | None) -> Config | None:
    """The configuration profile that a Linode boots: of that label, else the first; None where it has none such."""
    return next((config for config in client.configs(linode_id) if label in (None, config.label)), None)
