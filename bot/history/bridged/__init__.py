"""Keeps what bridges between two channels need: who decided them, and which post stands for which message."""
