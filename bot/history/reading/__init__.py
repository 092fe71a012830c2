"""A channel as a reader sees it: pages by key, counts and time lines, and words found while they are typed."""
