"""Holds what the owner decides about the web: its address and names, who may come in, how large an upload may be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from adapters.errors import EdgeError
from adapters.imports.entry import USUAL
from adapters.web.people import Account

PORT = 8765
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`names` are further names of this machine that a browser may ask for. `upload_bytes` is the most of one export.

    Without `token` and `accounts` whoever reaches the page is the owner, so that it listens on loopback alone.
    """

    host: str = LOOPBACK[0]
    port: int = PORT
    names: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    accounts: Mapping[str, Account] = field(default_factory=dict, repr=False)
    upload_bytes: int = USUAL.entry_bytes

    def __post_init__(self) -> None:
        if not self.guarded and not is_loopback(self.host):
            raise EdgeError(
                f"Others could reach {self.host} without a password.",
                "Give --token-file or --password-file with --host, or leave --host out.",
            )
        if self.token and len(self.token) < SHORTEST_TOKEN:
            raise EdgeError(f"The token has fewer than {SHORTEST_TOKEN} characters.", "Take a longer, random one.")

    @property
    def guarded(self) -> bool:
        """Return whether somebody has to log in."""
        return bool(self.token or self.accounts)

    @property
    def hosts(self) -> frozenset[str]:
        """Return the names by which a browser may call this machine: a foreign name that was bent to it is none."""
        return frozenset(name.lower() for name in (*LOOPBACK, self.host, *self.names))


def is_loopback(host: str) -> bool:
    """Return whether nobody outside this machine reaches the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
