"""Firefox Translations' student models (Bergamot, "tiny" and "base") as a PyTorch module.

`format` reads the files that Mozilla publishes, `conversion` turns them into a model in memory, `modeling` and
`tokenization` are the architecture, `auto` makes a transformers model of it. Knows no batcher: the family that serves
these models is `nlp/models/firefox.py`.
"""
