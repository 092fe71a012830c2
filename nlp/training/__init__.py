"""Fits classifiers to labelled texts."""
