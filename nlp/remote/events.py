"""Reads a stream of server-sent events as servers of models write it: a document a line, and `[DONE]` at the end."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from nlp.remote.refusals import Wrong
from nlp.remote.server import document, read

STREAM, WHOLE = "text/event-stream", "application/json"
DATA, DONE = b"data:", b"[DONE]"


async def events(response: aiohttp.ClientResponse, most: int) -> AsyncIterator[Any]:
    """Yield the documents of a stream as they come, or the one document of a server that doesn't stream.

    Raises Wrong for what is neither, and for more bytes than `most`.
    """
    if response.content_type == WHOLE:
        yield document(await read(response, most))
        return
    if response.content_type != STREAM:
        raise Wrong("what is neither a stream nor a document")
    length = 0
    try:
        async for line in response.content:
            length += len(line)
            if length > most:
                raise Wrong(f"more than {most >> 10} kB")
            data = line.removeprefix(DATA).strip() if line.startswith(DATA) else b""
            if data == DONE:
                return
            if data:
                yield document(data)
    except LineTooLong:
        raise Wrong("a line without end") from None
