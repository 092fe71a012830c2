"""Times as people type them, in five languages: words, spans of the calendar, and the windows that they mean."""
