"""The changelog keeps the form that people and programs read."""

import re
from datetime import date
from pathlib import Path

TEXT = (Path(__file__).resolve().parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASES = re.findall(r"^## (\d+)\.(\d+)\.(\d+) - (\S+)$", TEXT, re.MULTILINE)


def test_what_is_not_released_stands_first_and_once():
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert len(headings) == 1 + len(RELEASES)


def test_releases_stand_from_the_newest_down():
    numbers = [tuple(map(int, numbers)) for *numbers, _ in RELEASES]
    days = [date.fromisoformat(day) for *_, day in RELEASES]
    assert numbers == sorted(set(numbers), reverse=True)
    assert days == sorted(days, reverse=True)


def test_parts_of_a_release_have_the_names_that_readers_look_for():
    parts = re.findall(r"^### (.+)$", TEXT, re.MULTILINE)
    assert set(parts) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
