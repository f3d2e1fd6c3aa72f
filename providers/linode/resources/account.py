"""The account that a stack belongs to, recorded in the stack's state: no command works in another one."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
)
from pulumi.runtime import settings

from providers.linode.api.cache import is_offline
from providers.linode.api.errors import LinodeError
from providers.linode.api.patience import one_operation
from providers.linode.core import runtime as sessions
from providers.linode.core.owner import FIRST_GENERATION
from providers.linode.core.provider import DynamicResource
from providers.linode.core.state_files import NOT_OURS

Props = dict[str, Any]


class AccountProvider(ResourceProvider):
    """Makes nothing in the account: it looks which one the token belongs to, and refuses any but the first."""

    def configure(self, req: ConfigureRequest) -> None:
        sessions.begin(req.config)

    @one_operation()
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """The inputs with the account's id, so that it is known in previews; or why the token can't be used.

        Offline nobody can be asked: previews go on, and whatever would change something asks again.
        """
        try:
            session = sessions.of_stack(str(news["stack"]))
            recorded = _olds.get("uuid") or sessions.expected_account()
            if is_offline():
                return CheckResult({**news, "uuid": recorded or ""}, [])
            if recorded:
                sessions.require_account(session, str(recorded), str(news["stack"]))
            return CheckResult({**news, "uuid": session.account_id}, [])
        except LinodeError as error:
            return CheckResult(news, [CheckFailure("", str(error))])

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        return DiffResult(changes=False)

    @one_operation()
    def create(self, props: Props) -> CreateResult:
        self._require(props)
        return CreateResult(str(props["uuid"]), dict(props))

    @one_operation()
    def read(self, id_: str, props: Props) -> ReadResult:
        self._require(props)
        return ReadResult(
            id_, dict(props), {key: props[key] for key in ("stack", "uuid", NOT_OURS) if key in props}
        )

    @one_operation()
    def delete(self, _id: str, _props: Props) -> None:
        self._require(_props)

    def _require(self, props: Props) -> None:
        stack = str(props["stack"])
        sessions.require_account(sessions.of_stack(stack), str(props["uuid"]), stack)


_of_stack: WeakKeyDictionary[object, Account] = WeakKeyDictionary()


def this_run() -> object:
    """What each run of a program has for itself: its connection to the engine, or a test's mocks in its place."""
    return settings.get_monitor() or pulumi.runtime


class Account(DynamicResource, module="linode", name="Account"):
    """The account that the stack's resources are made in; every one of them wants it, and finds it by itself.

    `uuid` is known in previews. The account is recorded when the stack is first deployed, or demanded from
    the start by the setting linode:account. A token of another account stops every command after that.
    """

    uuid: pulumi.Output[str]

    def __init__(self, name: str = "account", opts: pulumi.ResourceOptions | None = None) -> None:
        _end_quietly()
        self._register(("AccountProvider",), name, {"stack": pulumi.get_stack(), "uuid": None}, opts)
        _of_stack.setdefault(this_run(), self)

    @classmethod
    def of_stack(cls) -> Account:
        """The program's one account, made when it is first needed."""
        return _of_stack.get(this_run()) or cls()

    def owner_of(self, name: str, generation: int = FIRST_GENERATION) -> dict[str, Any]:
        """The owner that a resource of this program passes to its provider, which sees neither stack nor project."""
        owner = {
            "account": self.uuid,
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
            "name": name,
        }
        return owner if generation == FIRST_GENERATION else {**owner, "generation": generation}


RUNNERS = ("pulumi-language-python-exec", "child.py")
"""The scripts in which the engines run a program."""


def _end_quietly() -> None:
    """An engine interrupts the program after a failure: it has said why, the interpreter's trace adds noise."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    here = threading.current_thread() is threading.main_thread()
    if here and default and frame.f_code.co_filename.endswith(RUNNERS):
        signal.signal(signal.SIGINT, lambda _signal, _frame: os._exit(1))
