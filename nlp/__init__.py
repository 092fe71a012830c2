"""The core: text in, text out, batched on the device. Knows no chat, no platform and no database."""

import os

# Read once, when torch loads. Threads that wait for each other by spinning without end cost a busy machine dearly
# (embedding 64 messages took 3 to 5 times as long), and threads that sleep at once cost an idle one 40 % of int8's
# speed. Spinning for a moment and then sleeping costs neither. docs/performance.md has the figures.
os.environ.setdefault("GOMP_SPINCOUNT", "20000")

# oneDNN keeps a compiled product for every number of rows that it met, a thousand of them by default: 475 MB after 600
# batch sizes of MiniLM's four layers in int8. Keeping a few made no measurable difference in time.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
