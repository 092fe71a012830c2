"""The reply graph of a channel: who answers whom, which questions are open, and the discussions."""
