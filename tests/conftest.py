"""What holds for every test: no test measures speed, so each keeps to one core and leaves the others alone."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
