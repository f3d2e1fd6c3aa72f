"""A Linode's addresses, sorted by what they are for."""

from __future__ import annotations

from providers.linode.api.records import Linode, is_private


def addresses(linode: Linode) -> dict[str, object]:
    """ipv4: all addresses, public ones first; public_ipv4 and private_ipv4: the first of each; ipv6."""
    private = [address for address in linode.ipv4 if is_private(address)]
    public = [address for address in linode.ipv4 if address not in private]
    return {
        "ipv4": [*public, *private],
        "public_ipv4": public[0] if public else None,
        "private_ipv4": private[0] if private else None,
        "ipv6": linode.ipv6,
    }
