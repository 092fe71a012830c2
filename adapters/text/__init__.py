"""Text as chat services write it: markup, pages, links, flags, values of unknown JSON. Knows no platform's library."""
