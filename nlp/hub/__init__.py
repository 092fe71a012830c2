"""Model files on this machine and on the Hub: found, checked, fetched, described."""
