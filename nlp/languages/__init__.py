"""Evidence of the language of a text: its script, its everyday words, its n-grams and its subwords."""
