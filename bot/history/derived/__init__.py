"""Holds what is computed from messages under a model's version: judgements, vectors, and what rests on them."""
