"""Makes an answer from retrieved messages."""
