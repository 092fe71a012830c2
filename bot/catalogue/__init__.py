"""Keeps what pages of the web show besides answers: messages by pages, imports, and how Parley stands."""
