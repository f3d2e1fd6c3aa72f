"""What a token may do: scopes such as `linodes:read_only`, or `*` for everything."""

from __future__ import annotations

FAMILIES = (
    "account", "databases", "domains", "events", "firewall", "images", "ips", "linodes", "lke", "longview",
    "monitor", "nodebalancers", "object_storage", "stackscripts", "volumes", "vpc",
)  # fmt: skip
PUBLIC = "*"


def covers(granted: str, needed: str) -> bool:
    """Whether a token's scopes include `needed`; read_write includes read_only."""
    if needed == PUBLIC:
        return True
    if "," in needed:
        return all(covers(granted, one) for one in needed.split(","))
    family, _, access = needed.partition(":")
    enough = {f"{family}:read_write", f"{family}:*"}
    if access == "read_only":
        enough.add(f"{family}:read_only")
    held = split(granted)
    return PUBLIC in held or bool(enough & set(held))


def split(scopes: str) -> list[str]:
    return scopes.replace(",", " ").split()


def normal_form(scopes: str) -> str:
    """Sorted, one space between; raises ValueError naming a scope that does not exist."""
    names = sorted(set(split(scopes)))
    for name in names:
        family, _, access = name.partition(":")
        if name != PUBLIC and (family not in FAMILIES or access not in ("read_only", "read_write")):
            raise ValueError(f"unknown scope {name!r}: write * or FAMILY:read_only or FAMILY:read_write")
    if not names:
        raise ValueError("no scopes given: write * or FAMILY:read_only or FAMILY:read_write")
    return PUBLIC if PUBLIC in names else " ".join(names)
