"""The web as a chat service: pages on this machine over the same assistant, and what no chat can show beside them."""

from adapters.platform.contract import Platform

PLATFORM = Platform(adapter="adapters.web.app:WebAdapter", summary="Pages in a browser on this machine.")
