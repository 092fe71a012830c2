"""The core: text in, text out, batched on the device. Knows no chat, no platform and no database."""

import os

# Read once, when torch loads. Threads that wait for each other by spinning cost the whole machine as soon as something
# else runs on it: embedding 64 messages took 3 to 5 times as long on two busy cores, and as much more processor time.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
