"""Writes the table of language names, `nlp/text/language_names.tsv`, from CLDR by Babel.

    python benchmarks/language_names.py

A row has a code, the English name and every form that people use: the name in English, Portuguese, Spanish, French,
German, Italian and Dutch and in the language itself, each with the endings that it takes there ("ins Englische", "a
versão inglesa", "la version anglaise"). Needs the extra `test`.
"""

import re
from pathlib import Path

from babel import Locale

TABLE = Path(__file__).resolve().parent.parent / "nlp" / "text" / "language_names.tsv"
SPEAKERS = ("en", "pt", "es", "fr", "de", "it", "nl")
CODES = """
af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu ha he hi hr hu hy id ig is it ja ka kk km kn
ko ku la lb lo lt lv mk ml mn mr ms mt my nb ne nl nn no pa pl ps pt ro ru si sk sl so sq sr su sv sw ta te th tl tr uk
ur uz vi xh yi yo zh zu
"""
REGIONS = "pt_BR pt_PT en_GB en_US es_MX es_ES fr_CA de_AT de_CH zh_Hans zh_Hant nl_BE"
LEAST = 3  # letters of a name
SPOKEN = {
    "pt": "Brazilian brasileiro brasileño brésilien", "es": "castellano castelhano Castilian castillan",
    "zh": "Mandarin mandarim mandarín", "nl": "Flemish flamengo", "fa": "Farsi", "tl": "Tagalog Filipino",
    "no": "Norwegian norueguês noruego norvégien Norwegisch norvegese Noors norsk",
}  # fmt: skip
SHORT = 3  # letters up to which a name has no endings
ENDINGS = {
    "pt": (("ês", "esa"), ("ão", "ã"), ("o", "a")),
    "es": (("és", "esa"), ("án", "ana"), ("o", "a")),
    "fr": (("ais", "aise"), ("ois", "oise"), ("and", "ande"), ("ol", "ole"), ("ien", "ienne"), ("ain", "aine")),
    "de": tuple(("sch", f"sch{ending}") for ending in ("e", "en", "em", "er", "es")),
    "it": (("o", "a"),),
    "nl": (("s", "se"),),
}  # the last letters of a name that stands alone, and those that it takes before a noun or behind an article


def inflected(name: str, speaker: str) -> list[str]:
    """A name and the forms that its endings give it in the language of those who speak of it."""
    fitting = [(old, new) for old, new in ENDINGS.get(speaker, ()) if name.endswith(old) and len(name) > SHORT]
    if speaker != "de":
        fitting = fitting[:1]
    return [name, *(name.removesuffix(old) + new for old, new in fitting)]


def names(tag: str) -> list[str]:
    """Every form of the name of a language, or of one of its regional kinds."""
    code = tag.partition("_")[0]
    found: list[str] = []
    for speaker in SPEAKERS:
        known = Locale(speaker).languages
        found += inflected(known.get(tag) or "", speaker)
    if tag == code:
        found.append(Locale(code).get_display_name(code) if code not in {"no", "tl"} else "")
        found += SPOKEN.get(code, "").split()
    plain = (re.sub(r"\s*\(.*\)", "", name).strip() for name in found)
    return list(dict.fromkeys(name for name in plain if len(name) >= LEAST or not name.isascii()))


def rows() -> list[str]:
    """The lines of the table."""
    english = Locale("en").languages
    lines, taken = [], set[str]()
    for code in sorted(CODES.split(), key=lambda code: code in {"nb", "nn"}):  # "Norwegisch" is Norwegian first
        forms = [form for tag in (code, *REGIONS.split()) if tag.partition("_")[0] == code for form in names(tag)]
        own = [form for form in dict.fromkeys(forms) if form.casefold() not in taken]
        taken |= {form.casefold() for form in own}
        lines.append("\t".join((code, english.get(code) or "Norwegian", ", ".join(own))))
    return lines


if __name__ == "__main__":
    TABLE.write_text("\n".join(rows()) + "\n", encoding="utf-8")
