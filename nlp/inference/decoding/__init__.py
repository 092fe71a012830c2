"""Decoders as they run: the loop, the layers with their caches, and the text as it comes out."""
