"""Translation of chat: what is shielded, looked up, asked of a model again, warned of. Knows languages, no channel."""
