"""The arithmetic that tests compute in, which PARLEY_TEST_DTYPE forces, and how near each comes to what it should say.

Without the variable "auto" is what this machine chooses, and what compares models computes in float32. With it the
machine passes for one that is fastest at that arithmetic alone.
"""

import os

FORCED = os.environ.get("PARLEY_TEST_DTYPE", "")
COMPUTED = FORCED or "float32"
KNOWN = ("float32", "bfloat16", "int8")
LAYERS = 4  # that numbers pass through in the tiny models, attention and feed-forward counted apart

# How far numbers of size one may lie from each other that differ in the order of additions alone. float32: as the
# batcher promises. bfloat16 keeps 8 bits, so that each rounding moves by 2^-9 at most, and a layer rounds about four
# times, all of which may point one way. int8 rounds each row by itself, in the same steps in every batch, but float32's
# last bit may tip a number over to the next step, the 254th part of the largest.
ROUNDING = {"float32": 1e-4, "bfloat16": 4 * LAYERS * 2**-9, "int8": 1 / 254}
SAME = ROUNDING[COMPUTED]
PACKAGED = 20  # such layers of the packaged translator, encoder and decoder, attention and feed-forward counted apart
SAME_PACKAGED = SAME if COMPUTED == "float32" else SAME * PACKAGED / LAYERS
