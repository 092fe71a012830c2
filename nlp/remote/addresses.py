"""Decides where texts may go: to this machine, to a private network, elsewhere only where the owner says so.

A host's name is looked up again for each new connection, and every address that it stands for is judged, so that a name
which leads elsewhere tomorrow is refused tomorrow. Knows no request.
"""

import socket
from collections.abc import Iterable
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from nlp.errors import ModelRefused
from nlp.scheduler.family import Binding, Endpoint

PRIVATE = tuple(  # RFC 1918, RFC 6598 (carriers, overlay networks) and RFC 4193; what is link-local isn't among them
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)


class HostReach(IntEnum):
    """The distances that a text may go."""

    HERE = 0
    PRIVATE = 1
    AWAY = 2


def reach_of(address: str) -> HostReach:
    """Return how far a text goes that is sent to an IP address. Raises ValueError for what isn't one."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback:
        return HostReach.HERE
    return HostReach.PRIVATE if any(ip in network for network in PRIVATE) else HostReach.AWAY


def farthest(addresses: Iterable[str]) -> HostReach:
    """Return how far a text goes that is sent to one of the addresses."""
    return max(map(reach_of, addresses))


def host_of(endpoint: Endpoint) -> str:
    """Return what people call the server: its host and port."""
    url = URL(endpoint.url)
    return f"{url.host}:{url.explicit_port}" if url.explicit_port else str(url.host)


def leaving(endpoint: Endpoint) -> str:
    """Return where texts go that leave this machine, "" where none does. Looks the host's name up.

    Raises OSError where nobody knows the name.
    """
    url = URL(endpoint.url)
    addresses = {str(info[4][0]) for info in socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)}
    reach = farthest(addresses)
    if reach is HostReach.HERE:
        return ""
    where = "a private network" if reach is HostReach.PRIVATE else "outside your networks"
    return (
        f"texts leave this machine for {host_of(endpoint)}, {where}{'' if url.scheme == 'https' else ', unencrypted'}"
    )


def away(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    """Return what people call the servers among these that are on other machines, or whose names nobody knows now."""
    return tuple(dict.fromkeys(host_of(each) for each in endpoints if _is_away(each)))


def _is_away(endpoint: Endpoint) -> bool:
    try:
        return bool(leaving(endpoint))
    except OSError:
        return True


def permit(binding: Binding, endpoint: Endpoint, address: str) -> None:
    """Refuse an address that texts may not go to. Raises ModelRefused saying what the owner would have to say."""
    if reach_of(address) is not HostReach.AWAY:
        return
    if not endpoint.leaves_machine:
        raise ModelRefused(
            binding.task,
            f"Texts would leave this machine for {host_of(endpoint)}, outside your networks, so {binding.task} is off.",
            f"If that is what you want, say so: leaves_machine = true in [models.{binding.task}].",
        )
    if URL(endpoint.url).scheme != "https":
        raise ModelRefused(
            binding.task,
            f"Texts would go unencrypted to {host_of(endpoint)}, outside your networks, so {binding.task} is off.",
            "Begin its url with https://.",
        )


class Permitting(AbstractResolver):
    """Looks a host's name up, and refuses it where it stands for an address that texts may not go to."""

    def __init__(self, binding: Binding, endpoint: Endpoint) -> None:
        self._binding = binding
        self._endpoint = endpoint
        self._names = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the host's addresses. Raises ModelRefused, and OSError where nobody knows the name."""
        addresses = await self._names.resolve(host, port, family)
        for each in addresses:
            permit(self._binding, self._endpoint, each["host"])
        return addresses

    async def close(self) -> None:
        """End; nothing is held."""
        await self._names.close()
