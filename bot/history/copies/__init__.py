"""A history as lines that another one can take: messages, and everything that was decided about them."""
