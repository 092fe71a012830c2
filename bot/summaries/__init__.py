"""Makes a summary of a conversation: quoted sentences, written ones, and the decisions among them."""
