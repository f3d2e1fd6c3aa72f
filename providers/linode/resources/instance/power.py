"""Power states: what a Linode is to be in, and how it gets there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.api.records import Config, Linode
from providers.linode.core.adoption import Verdict, sort_out
from providers.linode.core.runtime import Session
from providers.linode.core.waiting import until
from providers.linode.core.waiting.goals import STABLE, Goal, anything

MOST_BOOTS = 3


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
        self._boot()
        return self.at_rest(what=f"be {status}", status=status)

    def _boot(self) -> None:
        """Boot it; where the answer was lost, a look tells whether to ask again."""
        config_id = self._boot_config_id()
        for left in range(MOST_BOOTS, 0, -1):
            try:
                self.when_free(lambda: self.client.boot(self.id, config_id), "boot")
                return
            except LinodeError as error:  # noqa: PERF203 - a few tries, each a request
                if left == 1 or sort_out(error) is not Verdict.UNKNOWN:
                    raise
                if self.at_rest().status == "running":
                    return

    def shut_down(self) -> Linode:
        """The Linode, off."""
        if self.at_rest().status == "running":
            self.when_free(lambda: self.client.shut_down(self.id), "shut down")
        return self.at_rest(lambda seen: seen.status != "running", "be off")

    def reboot(self) -> None:
        """Reboot it if it runs; one that is off is left to be booted."""
        if self.at_rest().status == "running":
            config_id = self._boot_config_id()
            self.when_free(lambda: self.client.reboot(self.id, config_id), "reboot")

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
            named = f" '{self.boot_label}'. Next: correct boot_config_label." if self.boot_label else "."
            raise LinodeError(f"Linode {self.id} has no configuration profile{named}")
        return chosen

    def _boot_config_id(self) -> int | None:
        return self.boot_config().id if self.boot_label else None


def boot_config(client: LinodeClient, linode_id: int, label: str | None) -> Config | None:
    """The configuration profile that a Linode boots: of that label, else the first; None where it has none such."""
    return next((config for config in client.configs(linode_id) if label in (None, config.label)), None)
