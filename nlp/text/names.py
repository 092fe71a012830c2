"""Lists what people call languages, in seven languages and in each one's own, and their ISO 639-1 codes.

The table is CLDR's with the endings that names take ("ins Englische", "a versão inglesa"), as
`benchmarks/language_names.py` writes it. Case and accents don't matter.
"""

import re
import unicodedata
from importlib.resources import files


def folded(word: str) -> str:
    """Return a name as the table is searched for it: small letters without accents."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("\u2019", "'"))
    return unicodedata.normalize("NFC", "".join(char for char in letters if unicodedata.category(char) != "Mn"))


ROWS = [
    line.split("\t") for line in (files("nlp.text") / "language_names.tsv").read_text(encoding="utf-8").splitlines()
]
NAMES = {code: name for code, name, _ in ROWS}
FORMS = {folded(form): code for code, name, forms in ROWS for form in (*forms.split(", "), name)}  # every name's code
CODES = {**FORMS, **{code: code for code in NAMES}}
ARTICLE = re.compile(
    r"^(?:(?:the|o|a|el|la|le|il|lo|al?|das|dem|het|em|en|in|im|ins|into|to|auf|para|nach|vers|naar|verso) |l')+"
)
LANGUAGE = re.compile(
    r"^(?:lingua|langue|lengua|idioma|language) | (?:lingua|langue|sprache|language|please)$| (?:do|de|du) \w+$"
)


def is_name(word: str) -> bool:
    """Return whether the word is a language's name in one of its forms, and not its code."""
    return folded(word) in FORMS


def name_of(code: str) -> str:
    """Return the English name of a language, its code where it isn't in the table."""
    return NAMES.get(code, code)


def code_of(word: str) -> str | None:
    """Return the code that `word` means: a code, a code with a region (`pt-BR`) or a name, or None for anything else.

    A name may stand in any of its forms and behind an article or a preposition: "ins Englische", "l'anglais".
    """
    plain = folded(word.strip(" .,;:!?"))
    bare = LANGUAGE.sub("", ARTICLE.sub("", plain))
    base = plain.replace("_", "-").partition("-")[0]
    known = CODES.get(plain) or CODES.get(bare) or CODES.get(base)
    return known or (base if base.isascii() and base.isalpha() and len(base) in (2, 3) else None)
