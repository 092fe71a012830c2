"""The systemd unit of `parley run`: what it may do, where it keeps its files, and how it gets its secrets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HEAD = "# Written by `parley service install`."
NAME = "parley.service"
UNIT = (
    "Description=Parley, an assistant for team chat",
    "Documentation=https://github.com/parley-bot/parley/tree/main/docs",
    "Wants=network-online.target",
    "After=network-online.target",
    "StartLimitIntervalSec=0",
)
COMMON = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
)
# MemoryDenyWriteExecute would stop the kernels that torch compiles as it runs, ProcSubset its look at the processor.
SYSTEM = (
    "DynamicUser=yes",
    "StateDirectory=parley",
    "StateDirectoryMode=0700",
    "Environment=XDG_DATA_HOME=%S MPLCONFIGDIR=/tmp",
    "CapabilityBoundingSet=",
    "PrivateTmp=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
    "RemoveIPC=yes",
)


@dataclass(frozen=True, slots=True)
class ServiceUnit:
    """A unit for the whole system, or for one user; `secrets` are files that systemd hands over as credentials.

    `cpu` says that no GPU is used, so that no device has to be seen.
    """

    program: Path
    config: Path | None
    secrets: Sequence[Path]
    user: bool
    cpu: bool

    def text(self) -> str:
        """Return the unit's file."""
        service, install = ("[Service]", *self._service(), ""), ("[Install]", self._wanted(), "")
        return "\n".join((HEAD, "[Unit]", *UNIT, "", *service, *install))

    def _service(self) -> Iterator[str]:
        config = f" --config {_quoted(self.config)}" if self.config else ""
        yield "Type=exec"
        yield f"ExecStart={_quoted(self.program)} run{config}"
        yield "ExecReload=kill -HUP $MAINPID"
        yield "Restart=on-failure"
        yield "RestartSec=5"
        yield "RestartPreventExitStatus=2"
        yield "RestartForceExitStatus=SIGHUP"  # of a reload in the first second, before Parley takes it
        yield "TimeoutStopSec=60"
        for secret in self.secrets:
            platform, _, name = secret.name.partition("_")
            yield f"LoadCredential={secret.name}:{_quoted(secret)}"
            if not name[:1].isdigit():  # those of a further table are found by their names alone
                yield f"Environment=PARLEY_{platform.upper()}__{name.upper()}_FILE=%d/{secret.name}"
        yield from COMMON
        if not self.user:
            yield from SYSTEM
            yield f"ProtectHome={'read-only' if self._is_at_home() else 'yes'}"
            yield from ("PrivateDevices=yes",) if self.cpu else ()

    def _is_at_home(self) -> bool:
        """Return whether the program or its configuration lies in somebody's home."""
        paths = [path for path in (self.program, self.config) if path]
        return any(path.is_relative_to(home) for path in paths for home in ("/home", "/root", "/run/user"))

    def _wanted(self) -> str:
        return f"WantedBy={'default' if self.user else 'multi-user'}.target"


def _quoted(path: Path) -> str:
    """Return a path as systemd reads it: in quotes where it has spaces, with its signs doubled."""
    text = str(path).replace("%", "%%").replace("$", "$$").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if " " in text or '"' in text else text
