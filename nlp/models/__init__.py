"""The families of models, one file each. The table loads a family's module only when a binding names it."""

FAMILIES: dict[str, str] = {}
