"""A stand-in of the Hugging Face Hub on the loopback: the few routes that a pull asks, over folders of this machine.

Small files are told by a git hash and large ones (weights) by their SHA-256, as on the Hub. A test may cut connections
after a number of bytes, let the Hub promise another content than it sends, or have it refuse, rename or gate a model
with the headers that the real one sends.
"""

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest

COMMIT = "5" * 40
API = re.compile(r"/api/models/(?P<model>[^/]+/[^/]+)(?:/(?:revision/(?P<revision>.+)|(?P<what>refs)))?")
FILE = re.compile(r"/(?P<model>[^/]+/[^/]+)/resolve/(?P<revision>[0-9a-f]{40}|main)/(?P<name>.+)")
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
    revisions: dict[str, tuple[str, Path]] = field(default_factory=dict)  # commit and folder of refs besides main
    also: dict[str, Path] = field(default_factory=dict)  # further models, by name
    renamed: dict[str, str] = field(default_factory=dict)  # what a model of an old name is called now
    denied: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)  # status and headers, by model or file
    facts: dict[str, Any] = field(default_factory=dict)  # what a listing says more: tags, pipeline_tag, config
    made: dict[str, bool] = field(default_factory=dict)  # whether a model that was created is private, by name
    committed: dict[str, bytes] = field(default_factory=dict)  # the files of commits
    stored: dict[str, bytes] = field(default_factory=dict)  # large files that were sent, by their SHA-256
    tokens: list[str] = field(default_factory=list)  # what was sent as Authorization

    def gets(self, name: str) -> list[str]:
        """The ranges in which a file was asked for, "" for the whole."""
        return [part for method, path, part in self.asked if method == "GET" and path.endswith(f"/{name}")]

    def sha256(self, name: str, folder: Path | None = None) -> str:
        return self.promised.get(name) or hashlib.sha256(((folder or self.folder) / name).read_bytes()).hexdigest()

    def at(self, model: str, revision: str) -> tuple[str, Path] | None:
        """Commit and folder of a revision, None for one that isn't there."""
        if model != self.model and model not in self.also:
            return None
        folder = self.also.get(model, self.folder)
        known = {"main": (self.commit, folder), self.commit: (self.commit, folder)}
        for ref, (commit, place) in self.revisions.items() if model == self.model else ():
            known |= {ref: (commit, place), commit: (commit, place)}
        return known.get(revision)

    def listing(self, model: str, commit: str, folder: Path) -> dict[str, Any]:
        siblings = []
        for file in sorted(path for path in folder.rglob("*.*") if path.is_file()):
            name = file.relative_to(folder).as_posix()
            size = self.sizes.get(name, file.stat().st_size)
            large = {"lfs": {"sha256": self.sha256(name, folder), "size": size, "pointerSize": 134}}
            siblings.append({"rfilename": name, "size": size} | (large if name.endswith(LARGE) else {}))
        siblings += [{"rfilename": name, "size": 1} for name in self.listed]
        return {"id": model, "modelId": model, "sha": commit, "siblings": siblings, "tags": [], **self.facts}

    def refs(self) -> dict[str, Any]:
        rows = [{"name": ref, "ref": ref, "targetCommit": commit} for ref, (commit, _) in self.revisions.items()]
        main = {"name": "main", "ref": "refs/heads/main", "targetCommit": self.commit}
        requests = [row for row in rows if row["ref"].startswith("refs/pr/")]
        return {"branches": [main], "converts": [], "tags": [], "pullRequests": requests}

    def etag(self, name: str, folder: Path) -> str:
        content = (folder / name).read_bytes()
        return self.sha256(name, folder) if name.endswith(LARGE) else hashlib.sha1(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        path = unquote(urlparse(self.path).path)
        self.hub.asked.append((self.command, path, ""))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        address = f"http://{self.headers['Host']}"
        if path == "/api/repos/create":
            asked = json.loads(body)
            if not self.denies("create"):
                name = f"{asked['organization']}/{asked['name']}"
                self.hub.made[name] = asked.get("private", False) or asked.get("visibility") == "private"
                self.send_json({"url": f"{address}/{name}", "name": name})
        elif path == "/api/validate-yaml":
            self.send_json({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            files = [each["path"] for each in json.loads(body)["files"]]
            modes = [{"path": name, "uploadMode": "lfs" if name.endswith(LARGE) else "regular"} for name in files]
            self.send_json({"files": [{**mode, "shouldIgnore": False} for mode in modes]})
        elif path.endswith("/info/lfs/objects/batch"):
            known = json.loads(body)["objects"]
            rows = [{**each, "actions": {"upload": {"href": f"{address}/store/{each['oid']}"}}} for each in known]
            self.send_json({"transfer": "basic", "objects": rows})
        elif "/commit/" in path:
            self.take_commit([json.loads(line) for line in body.splitlines()])
            commit = f"{address}/{path.split('/')[3]}/{path.split('/')[4]}/commit/{COMMIT}"
            self.send_json({"success": True, "commitUrl": commit, "commitOid": COMMIT})
        else:
            self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.hub.stored[self.path.rpartition("/")[2]] = content
        self.send(200, b"", {})

    def take_commit(self, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.hub.committed[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.hub.committed[value["path"]] = self.hub.stored[value["oid"]]

    def send_json(self, document: dict[str, Any]) -> None:
        self.send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def do_HEAD(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = unquote(urlparse(self.path).path)
        self.hub.asked.append((self.command, path, self.headers.get("Range", "")))
        self.hub.tokens.append(self.headers.get("Authorization", ""))
        for old, new in self.hub.renamed.items():
            if path.startswith((f"/api/models/{old}", f"/{old}/")):
                self.send(307, b"", {"Location": path.replace(old, new, 1)})
                return
        if (known := API.fullmatch(path)) and known["what"] == "refs":
            self.send(200, json.dumps(self.hub.refs()).encode(), {"Content-Type": "application/json"})
        elif known:
            self.send_listing(known["model"], known["revision"] or "main")
        elif known := FILE.fullmatch(path):
            self.send_content(known["model"], known["revision"], known["name"])
        else:
            self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def denies(self, what: str) -> bool:
        """Whether the Hub refuses a model or file, which it then has said."""
        if what in self.hub.denied:
            status, headers = self.hub.denied[what]
            self.send(status, b"{}", headers)
        return what in self.hub.denied

    def send_listing(self, model: str, revision: str) -> None:
        if self.denies(model) or self.refused("listing"):
            return
        if found := self.hub.at(model, revision):
            body = json.dumps(self.hub.listing(model, *found)).encode()
            self.send(200, body, {"Content-Type": "application/json"}, slow=self.hub.slow.get("listing", 0.0))
        else:
            there = self.hub.at(model, "main")
            self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound" if there else "RepoNotFound"})

    def send_content(self, model: str, revision: str, name: str) -> None:
        found = self.hub.at(model, revision)
        if found is None or not (found[1] / name).is_file():
            self.send(404, b"{}", {"X-Error-Code": "EntryNotFound" if found else "RevisionNotFound"})
        elif not self.denies(name) and not self.refused(name):
            self.send_file(name, *found)

    def refused(self, what: str) -> bool:
        """Whether the Hub says that it is busy, which it then has said."""
        if what in self.hub.busy:
            self.send(429, b"", {"Retry-After": str(self.hub.busy[what])})
        return what in self.hub.busy

    def send_file(self, name: str, commit: str, folder: Path) -> None:
        content = (folder / name).read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        headers = {"ETag": f'"{self.hub.etag(name, folder)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
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
        if self.command != "HEAD":
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
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that left is none
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def reached(hub: Hub, monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[Hub]:
    """Have the Hub's client ask this one, and keep what it fetches in a cache of the test's."""
    with serving(hub) as address:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
        yield hub
