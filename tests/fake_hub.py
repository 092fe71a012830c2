"""A stand-in of the Hugging Face Hub on the loopback: the few routes that a pull asks, over a folder of this machine.

Small files are told by a git hash and large ones (weights) by their SHA-256, as on the Hub. A test may cut connections
after a number of bytes, or let the Hub promise another content than it sends.
"""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

COMMIT = "5" * 40
LARGE = (".safetensors", ".bin", ".gz", ".zst", ".spm")


@dataclass
class Hub:
    """`asked` are the requests so far; `cuts` says after how many bytes the next answers of a file break off."""

    model: str
    folder: Path
    commit: str = COMMIT
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    promised: dict[str, str] = field(default_factory=dict)
    listed: list[str] = field(default_factory=list)  # more names than there are files
    sizes: dict[str, int] = field(default_factory=dict)  # what the listing says of a file instead of the truth
    slow: dict[str, float] = field(default_factory=dict)  # seconds between two bytes of a file, or of "listing"
    busy: dict[str, int] = field(default_factory=dict)  # the Retry-After with which a file, or "listing", is refused

    def gets(self, name: str) -> list[str]:
        """The ranges in which a file was asked for, "" for the whole."""
        return [part for method, path, part in self.asked if method == "GET" and path.endswith(f"/{name}")]

    def sha256(self, name: str) -> str:
        return self.promised.get(name) or hashlib.sha256((self.folder / name).read_bytes()).hexdigest()

    def listing(self) -> dict[str, Any]:
        siblings = []
        for file in sorted(path for path in self.folder.rglob("*.*") if path.is_file()):
            name = file.relative_to(self.folder).as_posix()
            size = self.sizes.get(name, file.stat().st_size)
            large = {"lfs": {"sha256": self.sha256(name), "size": size, "pointerSize": 134}}
            siblings.append({"rfilename": name, "size": size} | (large if name.endswith(LARGE) else {}))
        siblings += [{"rfilename": name, "size": 1} for name in self.listed]
        return {"id": self.model, "modelId": self.model, "sha": self.commit, "siblings": siblings, "tags": []}

    def etag(self, name: str) -> str:
        content = (self.folder / name).read_bytes()
        return self.sha256(name) if name.endswith(LARGE) else hashlib.sha1(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = urlparse(self.path).path
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        if path in (f"/api/models/{self.hub.model}", f"/api/models/{self.hub.model}/revision/{self.hub.commit}"):
            if not self.refused("listing"):
                body = json.dumps(self.hub.listing()).encode()
                self.send(200, body, {"Content-Type": "application/json"}, slow=self.hub.slow.get("listing", 0.0))
            return
        files = f"/{self.hub.model}/resolve/{self.hub.commit}/"
        name = path.removeprefix(files)
        if path.startswith(files) and (self.hub.folder / name).is_file():
            if not self.refused(name):
                self.send_file(name)
            return
        self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def refused(self, what: str) -> bool:
        """Whether the Hub says that it is busy, which it then has said."""
        if what in self.hub.busy:
            self.send(429, b"", {"Retry-After": str(self.hub.busy[what])})
        return what in self.hub.busy

    def send_file(self, name: str) -> None:
        content = (self.hub.folder / name).read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        headers = {"ETag": f'"{self.hub.etag(name)}"', "X-Repo-Commit": self.hub.commit, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cuts = self.hub.cuts.get(name) if self.command == "GET" else None
        slow = self.hub.slow.get(name, 0.0)
        self.send(206 if start else 200, content[start:], headers, cuts.pop(0) if cuts else None, slow)

    def send(
        self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None, slow: float = 0.0
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            for piece in (bytes([byte]) for byte in body) if slow else (body[:cut],):
                self.wfile.write(piece)
                time.sleep(slow)
        if cut is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """The address at which a hub answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfHub", (Handler,), {"hub": hub}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
