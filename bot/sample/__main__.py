"""`python -m bot.sample`: build the sample workspace again from its sources."""

import sys

from bot.sample import path
from bot.sample.build import save

sys.stdout.write(f"{path()}: {save(path()):,} bytes\n")
