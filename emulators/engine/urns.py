"""URNs and provider references: the names by which the state knows resources.

``urn:pulumi:<stack>::<project>::<parent types joined by $>::<name>``; the stack's own type is no part
of the chain. A provider reference is ``<urn of the provider>::<its id>``.
"""

from __future__ import annotations

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
DYNAMIC_PACKAGE = "pulumi-python"
BUILTIN_PACKAGE = "pulumi"
STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    chain = qualified_type(parent) if parent else ""
    full = f"{chain}${type_}" if chain and chain != STACK_TYPE else type_
    return f"urn:pulumi:{stack}::{project}::{full}::{name}"


def parts(urn: str) -> tuple[str, str, str, str]:
    """Stack, project, qualified type and name; the name may hold ``::``."""
    head, project, types, name = urn.split("::", 3)
    return head.removeprefix("urn:pulumi:"), project, types, name


def is_urn(text: str) -> bool:
    return text.startswith("urn:pulumi:") and text.count("::") >= 3


def qualified_type(urn: str) -> str:
    return parts(urn)[2]


def type_of(urn: str) -> str:
    return qualified_type(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    return parts(urn)[3]


def is_provider(type_: str) -> bool:
    return type_.startswith(PROVIDER_PREFIX)


def is_default_provider(urn: str) -> bool:
    return is_provider(type_of(urn)) and name_of(urn).startswith("default")


def package_of(type_: str) -> str:
    """The package that manages a type: what stands before the first colon."""
    return type_.removeprefix(PROVIDER_PREFIX) if is_provider(type_) else type_.split(":", 1)[0]


def provider_urn(reference: str) -> str:
    return reference.rpartition("::")[0]


def provider_id(reference: str) -> str:
    return reference.rpartition("::")[2]
