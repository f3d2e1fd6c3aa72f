"""Power states: what a Linode is to be in, and how it gets there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from providers.linode.api.client import LinodeClient
from providers.linode.api.errors import LinodeError
from providers.linode.api.records import Config, Linode
from providers.linode.core.waiting import poller
from providers.linode.core.waiting import until as waiting
from providers.linode.core.waiting.goals import STABLE, Goal, anything
from providers.linode.resources.instance.changes import Changes, Outcome, first_status, kept_status

Props = Mapping[str, object]


@dataclass(frozen=True)
class Machine:
    """A Linode to work on. `boot_label` names the configuration profile to boot; None: the first one."""

    client: LinodeClient
    id: int
    timeout_s: float
    boot_label: str | None = None

    def when_free(self, call: Callable[[], None], what: str) -> None:
        """Make a call as soon as no other job of the Linode is in its way. Raises WaitExpired."""
        waiting.act_when_free(self.client, self.id, call, f"Linode {self.id} is to {what}", self.timeout_s)

    def at_rest(
        self, done: Callable[[Linode], bool] = anything, what: str = "come to rest", *, status: str = ""
    ) -> Linode:
        """The Linode once nothing is changing its status and it is `done`, in `status` if one is given.

        Raises WaitExpired, and WaitFailed when a job of it has failed since this process first acted.
        """
        mark = poller.shared(self.client).mark()
        goal = Goal(self.id, f"Linode {self.id} is to {what}", met=done, status=status, **mark._asdict())
        return self._reached(goal)

    def first_rest(self, made: Linode, status: str) -> Linode:
        """A Linode that was just made, once it has its first status. Every event of it counts."""
        goal = Goal(self.id, f"Linode {self.id} is to be {status}", status=status, since=made.created)
        return self._reached(goal)

    def _reached(self, goal: Goal) -> Linode:
        linode = waiting.until_it(self.client, goal, self.timeout_s)
        return linode or self.client.linode(self.id)

    def bring_to(self, status: str) -> Linode:
        """The Linode once it has the status; shut down or booted if it doesn't get there by itself."""
        linode = self.at_rest()
        if linode.status == status:
            return linode
        if status == "offline":
            return self.shut_down()
        config_id = self._boot_config_id()
        self.when_free(lambda: self.client.boot(self.id, config_id), "boot")
        return self.at_rest(what=f"be {status}", status=status)

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

    def boot_config(self) -> Config:
        """The configuration profile that it boots. Raises LinodeError if there is none."""
        configs = self.client.configs(self.id)
        chosen = next((config for config in configs if self.boot_label in (None, config.label)), None)
        if chosen is None:
            named = f" '{self.boot_label}'. Next: correct boot_config_label." if self.boot_label else "."
            raise LinodeError(f"Linode {self.id} has no configuration profile{named}")
        return chosen

    def _boot_config_id(self) -> int | None:
        return self.boot_config().id if self.boot_label else None


def settled(client: LinodeClient, linode: Linode, inputs: Props, timeout_s: float) -> Linode:
    """A Linode, as the API just reported it, once it has its first status; one that is off already is booted.

    Raises WaitExpired, WaitFailed and what the calls raise.
    """
    machine = Machine(client, linode.id, timeout_s)
    target = first_status(inputs)
    if linode.status not in STABLE:
        return machine.first_rest(linode, target)
    return linode if target == "offline" else machine.bring_to(target)


def status_after(linode: Linode, wanted: Props, found: Changes, before: object = None) -> str:
    """The status after an update: what `booted` says, else what it was before; a rebuild boots as a create does.

    `before` is the status in the state where an earlier update may have broken off with the Linode turned off.
    """
    kept = kept_status(wanted)
    if kept is not None:
        return kept
    if found.of(Outcome.REBUILD) or before == "running" or linode.status not in ("offline", "stopped"):
        return first_status(wanted)
    return "offline"
