"""``import``: existing resources taken over into the state, without the program and without a Read.

What the state has already is kept as it is. Check is asked once for each new resource; what it finds wrong
is a warning, for the import goes on.
Source: the real engine's ``deploy/import.go`` and ``step.go`` (ImportStep); recorded scenarios.
"""

from __future__ import annotations

from emulators.engine import urns
from emulators.engine.errors import EngineError, RunStopped, StepFailed
from emulators.engine.plan.import_file import Import
from emulators.engine.plan.steps import Step
from emulators.engine.run.events import Diagnostic
from emulators.engine.run.registry import Registry, check_package
from emulators.engine.state.checkpoint import Resource

INVALID = (
    "One or more imported inputs failed to validate. This is almost certainly a bug in the `{package}` provider. The "
    "import will still proceed, but you will need to edit the generated code after copying it into your program."
)


def run_imports(registry: Registry, imports: tuple[Import, ...], protect: bool) -> None:
    """Take them over, in the order given. Failures are reported; then nothing more is begun."""
    try:
        _keep_existing(registry)
        stack = _stack(registry)
        for item in imports:
            if not _is_there(registry, item):
                _import(registry, item, item.parent or stack, protect)
    except RunStopped:
        pass


def _keep_existing(registry: Registry) -> None:
    executor = registry.executor
    for old in registry.olds.values():
        new = old.changed()
        registry.registered[old.urn] = new
        executor.run_chain([Step("same", old.urn, old, new)])
        if urns.is_provider(old.type):
            registry.declare_provider(old)


def _stack(registry: Registry) -> str:
    """The URN of the stack's resource, which is made if there is none yet."""
    found = next((urn for urn, old in registry.olds.items() if old.type == urns.STACK_TYPE), None)
    if found is not None:
        return found
    urn = registry.info.urn("", urns.STACK_TYPE, registry.info.root_name)
    new = registry.registered[urn] = Resource(urn, urns.STACK_TYPE)
    registry.executor.run_chain([Step("create", urn, None, new)])
    return urn


def _is_there(registry: Registry, item: Import) -> bool:
    """Whether it is in the state by that id already. Raises RunStopped if it is there by another."""
    old = registry.olds.get(item.urn)
    if old is not None and (old.import_id or old.id) != item.id:
        registry.refuse(f"resource '{item.urn}' already exists", item.urn)
    return old is not None


def _import(registry: Registry, item: Import, parent: str, protect: bool) -> None:
    executor = registry.executor
    if parent not in registry.registered:
        registry.refuse(f"unknown parent '{parent}' for resource '{item.urn}'", item.urn)
    new = Resource(
        item.urn, item.type, item.custom, import_id=item.id, parent=parent, protect=protect,
        inputs=item.inputs, outputs=item.outputs,
    )  # fmt: skip
    registry.registered[item.urn] = new
    executor.redactor.learn([item.inputs, item.outputs])
    try:
        if item.custom:
            new.provider = _provider(registry, item)
            _check(registry, new)
    except (EngineError, StepFailed) as error:
        registry.refuse(str(error), item.urn)
    executor.run_chain([Step("import", item.urn, None, new)])


def _provider(registry: Registry, item: Import) -> str:
    """The default provider as the state has it, not brought up to date; or the one that was named."""
    check_package(item.type)
    if not item.provider:
        return registry.default_provider(urns.DYNAMIC_PACKAGE)
    known = registry.registered.get(item.provider)
    if known is None:
        raise EngineError(
            f"the state has no provider '{item.provider}'. Next: run `up` with a program that declares it"
        )
    return known.reference


def _check(registry: Registry, new: Resource) -> None:
    _, failures = registry.checked(new, new.inputs, new.inputs)
    text = INVALID.format(package=urns.package_of(new.type))
    for message in [text, *failures] if failures else []:
        registry.executor.emit(Diagnostic("warning", message, new.urn))
