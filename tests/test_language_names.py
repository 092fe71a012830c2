"""What people call languages, in any of its forms."""

import sys
from pathlib import Path

import pytest

from nlp.text.names import FORMS, NAMES, code_of, folded, name_of

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("ins Spanische", "es"),
        ("im Französischen", "fr"),
        ("ins Deutsche", "de"),
        ("en portugués", "pt"),
        ("al italiano", "it"),
        ("para o francês", "fr"),
        ("em língua alemã", "de"),
        ("vers l'allemand", "de"),
        ("vers l\u2019espagnol", "es"),
        ("en langue anglaise", "en"),
        ("in het Duits", "de"),
        ("Brazilian Portuguese", "pt"),
        ("português do Brasil", "pt"),
        ("FRANCES", "fr"),
        ("pt-BR", "pt"),
        ("日本語", "ja"),
        ("xho", "xho"),
        ("", None),
        ("the moon", None),
        ("everyone", None),
    ],
)
def test_a_language_may_be_named_in_any_form(words: str, code: str | None):
    assert code_of(words) == code


def test_every_name_in_the_table_means_its_language():
    assert [form for form, code in FORMS.items() if code_of(form) != code] == []
    assert [name for code, name in NAMES.items() if code_of(name) != code] == []


def test_a_code_has_a_name_or_is_its_own():
    assert (name_of("pt"), name_of("xho")) == ("Portuguese", "xho")


def test_names_are_compared_without_case_and_accents():
    assert folded("PORTUGUÊS") == folded("portugues")


def test_the_table_is_what_its_script_writes(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("babel")
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    import language_names  # noqa: PLC0415 - a script, found beside the tests

    assert language_names.TABLE.read_text(encoding="utf-8").splitlines() == language_names.rows()
