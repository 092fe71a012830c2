"""Decides whether and when a request is served: rules, rate limits, one queue that is fair to everybody."""
