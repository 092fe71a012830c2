"""The contract between a model and its callers, and the queue that batches their jobs."""
