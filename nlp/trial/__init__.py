"""Tries a model before it is bound: what it fits by its configuration alone, and how it does on one example."""
