"""What a program declares: the base of every resource class, and the account that each of them belongs to."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import pulumi

from providers.linode.core.args import Args, BadCall, Names
from providers.linode.core.foreseen import Declared
from providers.linode.core.provider import DynamicResource, Provider, stored_provider
from providers.linode.core.spec import Spec
from providers.linode.core.values import DEEPEST, TOO_DEEP, lone_surrogate
from providers.linode.nearest import listed
from providers.linode.resources.account import Account, this_run

IDS: WeakKeyDictionary[pulumi.Output[str], str] = WeakKeyDictionary()
"""Kind and name of a program's resources, by the output that is their id."""

GUARDED: WeakKeyDictionary[object, dict[str, str]] = WeakKeyDictionary()
"""By run, kind and name of those that name a firewall themselves, with what that is called."""


NO_JSON = (bytes, bytearray, set, frozenset, complex, date)
"""What a program may have by mistake in a list's or a text's place."""


class Resource(DynamicResource, module="linode", name="Resource"):
    """A resource of one kind. A subclass declares its outputs; those that are inputs too have both."""

    kind: ClassVar[str]

    def __init_subclass__(cls, **words: Any) -> None:
        """A program's own subclass of a kind is of that kind."""
        if Resource in cls.__bases__:
            cls.kind = cls.__name__
        for name in inspect.get_annotations(cls).keys() - vars(cls):
            setattr(cls, name, Declared(name))
        super().__init_subclass__(module="linode", name=cls.kind, **words)

    @property
    def _spec(self) -> Spec[Any, Any]:
        provider = stored_provider("LinodeProvider", self.kind)
        assert isinstance(provider, Provider)  # noqa: S101 - for the type checker
        return provider.spec

    def _declare(
        self,
        name: str,
        args: Args | None,
        opts: pulumi.ResourceOptions | None,
        by_name: Mapping[str, Any],
    ) -> None:
        """Register it, from arguments as an object or by their names.

        Raises RunError, which engines tell in one line, for what are none and what the SDK can't write to them.
        """
        spec = self._spec
        args_class = spec.args
        which = f"{self.kind} {name.encode(errors='backslashreplace').decode()}"
        if args is None:
            args = _made(which, args_class, by_name)
        elif by_name:
            both = ", ".join(sorted(by_name))
            raise BadCall(
                f"{which}: arguments come as an object or by their names, not both. Next: move {both}."
            )
        merge = pulumi.ResourceOptions.merge
        # the label stays, where it is unique: the old one goes first, whatever causes a replacement
        always = pulumi.ResourceOptions(delete_before_replace=spec.identity.unique or None)
        opts = merge(merge(always, args.opts), opts)
        account = args.account or Account.of_stack()
        owner = account.owner_of(name, args.generation)
        fields, ignored = args_class.fields(), {*(opts.ignore_changes or ())}
        ignored |= {*fields} if "*" in ignored else set()
        _Input(which, "name", {}).handed_over(name)
        may_name = args_class.references()
        given = {
            key: _Input(which, key, may_name[key]).handed_over(value)
            for key in fields
            if (value := getattr(args, key)) is not None
        }
        hidden = {
            key: pulumi.Output.secret(given[key])
            for key, field in fields.items()
            if key in given and field.hides(given[key])
        }
        kinds = (each for each in type(self).__mro__ if issubclass(each, Resource) and each is not Resource)
        outputs = dict.fromkeys(name for each in kinds for name in inspect.get_annotations(each))
        props = {**outputs, **given, **hidden, "owner": owner, **self._told_besides(name, args, ignored)}
        self._register(("LinodeProvider", self.kind), name, props, opts)
        IDS[self.id] = f"{self.kind}::{name}"
        for key, own in args_class.naming("Firewall"):
            if key == own and key in given and key not in ignored:
                GUARDED.setdefault(this_run(), {})[IDS[self.id]] = called(getattr(args, key))

    def _told_besides(self, name: str, args: Any, ignored: Collection[str]) -> Mapping[str, Any]:  # noqa: ARG002 - for subclasses
        """What its provider is told besides its inputs, and keeps in no state. `ignored`: inputs that are kept as they
        are.
        """
        return {}


def called(item: object) -> str:
    """What a program gives to name a resource: its id, or its kind and name; "" where nobody can say it yet."""
    item = item.id if isinstance(item, pulumi.CustomResource) else item
    return IDS.get(item, "") if isinstance(item, pulumi.Output) else str(item)


def _made(which: str, args_class: type[Args], by_name: Mapping[str, Any]) -> Args:
    try:
        return args_class(**by_name)
    except BadCall as error:
        raise BadCall(f"{which}: {error}") from None


@dataclass(frozen=True)
class _Input:
    """Where a value stands: the resource, its input, and which kinds that input, or a key in it, may name."""

    which: str
    name: str
    may_name: Mapping[str, Names]

    def handed_over(self, value: Any, key: str = "", depth: int = 0) -> Any:
        """The value as the SDK can write it, with its id in place of a resource. `key`: of the innermost map around it.

        Raises RunError for a resource of another kind than may be named here, or its id (an output that is made of an
        id says nothing of its kind), and for what no wire can hold; of what is within an output, once that is known.
        """
        self._refuse_another_kind(value, key or self.name)
        if isinstance(value, pulumi.CustomResource):
            return value.id
        if isinstance(value, pulumi.Output):
            return value.apply(lambda known: self.handed_over(known, key, depth))
        if isinstance(value, Mapping):
            self._refuse_depth(depth)
            return {
                self.handed_over(name, key): self.handed_over(part, str(name), depth + 1)
                for name, part in value.items()
            }
        if isinstance(value, (list, tuple)):
            self._refuse_depth(depth)
            return [self.handed_over(part, key, depth + 1) for part in value]
        if isinstance(value, str) and (half := lone_surrogate(value)):
            raise self._refusal(
                f"has a lone surrogate (U+{ord(half):04X}), which is no character", "correct it"
            )
        if isinstance(value, NO_JSON):
            raise self._refusal(
                f"has a value of type {type(value).__name__}", "give a text, a number or a list"
            )
        return value

    def _refuse_another_kind(self, value: Any, key: str) -> None:
        is_named = isinstance(value, (pulumi.CustomResource, pulumi.Output))
        kind, _, name = (called(value) if is_named else "").partition("::")
        wanted = self.may_name.get(key)
        if not kind or wanted is None or kind in wanted.kinds:
            return
        belongs = f"a resource of kind {listed(wanted.kinds, 'or')}" if wanted.kinds else "no resource"
        todo = "give that, or its id" if wanted.kinds else "give a number"
        raise pulumi.RunError(
            f"{self.which}: {key} has {kind} '{name}', where {belongs} belongs. Next: {todo}."
        )

    def _refuse_depth(self, depth: int) -> None:
        if depth == DEEPEST - 1:
            raise self._refusal(TOO_DEEP, "correct it")

    def _refusal(self, why: str, todo: str) -> pulumi.RunError:
        return pulumi.RunError(f"{self.which}: {self.name} {why}. Next: {todo}.")
