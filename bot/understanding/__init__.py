"""Reads what people type: follow-up questions, options of a summary, times that come round."""
