"""Parley's own words on Slack in the languages of its users: buttons, forms, App Home and short sentences."""

from pathlib import Path

from adapters.platform.words import SHARED, Words

WORDS = Words.read(Path(__file__).with_name("words.toml"), SHARED)
say = WORDS.say
