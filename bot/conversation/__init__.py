"""The conversation that a request is about: its messages, who may read them, and how they are quoted."""
