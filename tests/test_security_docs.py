"""The threat model names a test for each defence: every one of them is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.findall(r"`(tests/test_\w+\.py|test_\w+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8"))
WRITTEN = "\n".join(file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests").glob("test_*.py")))


def test_every_test_that_the_threat_model_names_exists():
    assert len(NAMED) > 20
    files = [name for name in NAMED if name.startswith("tests/")]
    missing = [name for name in files if not (ROOT / name).is_file()]
    missing += [name for name in set(NAMED) - set(files) if not re.search(rf"def {name}\(", WRITTEN)]
    assert missing == []


def test_every_defence_of_the_table_names_a_test():
    rows = (
        (ROOT / "docs" / "security.md").read_text(encoding="utf-8").split("|---|---|---|")[1].split("\n\n")[0].strip()
    )
    assert [row for row in rows.splitlines() if "test" not in row.split("|")[-2]] == []
