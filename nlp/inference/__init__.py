"""Encoders and decoders as they run: loading, layers, caches, decoding loops."""
