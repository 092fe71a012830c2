"""The command line: how it is put together, its options and its lines of text."""
