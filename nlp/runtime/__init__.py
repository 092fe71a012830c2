"""The machine that models run on: device, arithmetic, threads and memory. Knows no model."""
