"""A platform's JSON as a Message, the same from an export and from the wire."""
