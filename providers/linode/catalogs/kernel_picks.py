"""Picks of a kernel: the newest version that boots on this kind of machine."""

from __future__ import annotations

import re
from typing import Any

from providers.linode.catalogs.criteria import KernelCriteria
from providers.linode.catalogs.field import name_key
from providers.linode.catalogs.funnel import Criterion, sieve
from providers.linode.catalogs.lookup import Catalogs
from providers.linode.catalogs.pick import Pick, Ranking, decide, first_that_fits
from providers.linode.catalogs.records import Kernel

KernelCriterion = Criterion[Kernel]

_BUILD = re.compile(r"^linode/(?P<version>\d+(?:\.\d+)*)-.*linode(?P<build>\d+)$")


def pick_kernel(catalogs: Catalogs, criteria: KernelCriteria) -> Pick[Kernel]:
    """The kernel with the highest version, then the highest build, then by id; never a moving one.

    `linode/latest-64bit` and the boot loaders are no candidates. Raises NoMatch, and what the client raises.
    """
    return first_that_fits(catalogs, criteria, lambda wanted: _pick(catalogs, wanted))


def _pick(catalogs: Catalogs, criteria: KernelCriteria) -> Pick[Kernel]:
    once = {kernel.id: kernel for kernel in sorted(catalogs.kernels(), key=lambda kernel: kernel.label)}
    wanted = [
        KernelCriterion("a fixed version", lambda item: _number(item) is not None, "name one", implied=True),
        KernelCriterion(
            f"architecture {criteria.architecture}",
            lambda item: item.architecture == criteria.architecture,
            "change architecture",
        ),
        KernelCriterion(
            "not deprecated",
            lambda item: not item.deprecated,
            "take another version",
            shows=lambda item: item.label,
            implied=True,
        ),
        KernelCriterion("KVM", lambda item: item.kvm or not criteria.kvm, "set kvm to false", implied=True),
    ]
    if criteria.version:
        exact = tuple(int(part) for part in criteria.version.split("."))
        wanted.append(
            KernelCriterion(
                f"version {criteria.version}",
                lambda item: (_number(item) or ((), 0))[0][: len(exact)] == exact,
                "change version",
                shows=lambda item: item.label,
            )
        )
    fits, funnel = sieve("kernel", once.values(), wanted)
    return decide(fits, funnel, Ranking("newest", _by_version, lambda item: item.label, criteria.prefer))


def _number(kernel: Kernel) -> tuple[tuple[int, ...], int] | None:
    """Version and build by the id; None for what moves or is no kernel."""
    found = _BUILD.match(kernel.id)
    return (tuple(int(part) for part in found["version"].split(".")), int(found["build"])) if found else None


def _by_version(kernel: Kernel) -> tuple[Any, ...]:
    version, build = _number(kernel) or ((), 0)
    return (*(-part for part in version), *(0,) * 8)[:8], -build, name_key(kernel.id)
