"""The core: text in, text out, batched on the device. Knows no chat, no platform and no database."""
