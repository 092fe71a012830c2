"""Exports that are dropped on a page: taken to a temporary file, imported, with progress and what was refused."""

import asyncio
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.errors import EdgeError
from adapters.text.counts import counted
from adapters.web.answers import Stream
from adapters.web.site import guarded, only_owner, part, render, session_of, site_of, told

MOST_NAME = 100


async def take(request: Request) -> Response:
    """Take a file, and begin to import it; the part that comes back follows that."""
    only_owner(request)
    name = PurePosixPath(request.query_params.get("name", "").replace("\\", "/")).name[:MOST_NAME] or "export"
    folder = Path(tempfile.mkdtemp(prefix="parley-web-"))
    file = folder / f"export{Path(name).suffix.lower()}"
    try:
        await _save(request, file, site_of(request).settings.upload_bytes)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise

    async def work(stream: Stream) -> None:
        try:
            await _bring_in(request, file, stream)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    stream = site_of(request).streams.begin(session_of(request).visitor, work)
    return render(request, "parts/import.html", key=stream.key, name=name)


async def _save(request: Request, file: Path, most: int) -> None:
    """Write the body to the file. Raises EdgeError for more than `most` bytes, and for a disk that is full."""
    size = 0
    try:
        with file.open("wb") as saved:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise EdgeError(f"That file is larger than {most:,} bytes.", "Bring it in with: parley import PATH")
                await asyncio.to_thread(saved.write, chunk)
    except ClientDisconnect:
        raise EdgeError("The file didn't come in whole.", "Drop it again.") from None
    except OSError as error:
        sentence = f"The file can't be kept while it is read: {error.strerror}."
        raise EdgeError(sentence, "Make room on the disk.") from None


async def _bring_in(request: Request, file: Path, stream: Stream) -> None:
    """Import the file and say how far it is, then what came of it."""
    loop = asyncio.get_running_loop()

    def count(messages: int) -> None:
        with suppress(RuntimeError):  # the page's process ends
            asyncio.run_coroutine_threadsafe(stream.status(counted(messages, "message")), loop)

    site = site_of(request)
    brought, others = site.catalogue.bring_in(file, count), bool(site.settings.accounts)
    shown = await told(request, brought, lambda made: part(request, "parts/imported.html", brought=made, others=others))
    await stream.tell("reply", shown)


ROUTES = [Route("/import", guarded(take), methods=["PUT"])]
