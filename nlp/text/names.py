"""What people call languages, and their ISO 639-1 codes. A table and two look-ups."""

TABLE = """
af Afrikaans | ar Arabic العربية árabe | bg Bulgarian български | bn Bengali বাংলা | ca Catalan català
cs Czech čeština | da Danish dansk | de German Deutsch alemão alemán allemand tedesco
el Greek ελληνικά grego | en English inglês inglés anglais Englisch inglese
es Spanish español espanhol espagnol Spanisch spagnolo | et Estonian eesti | fa Persian فارسی Farsi
fi Finnish suomi | fr French français francês francés Französisch francese | gu Gujarati | he Hebrew עברית
hi Hindi हिन्दी | hr Croatian hrvatski | hu Hungarian magyar | id Indonesian
it Italian italiano italien Italienisch | ja Japanese 日本語 japonês japonés | kn Kannada
ko Korean 한국어 coreano | lt Lithuanian lietuvių | lv Latvian latviešu | mk Macedonian | ml Malayalam
mr Marathi | ne Nepali | nl Dutch Nederlands holandês holandés | no Norwegian norsk | pa Punjabi
pl Polish polski polonês | ro Romanian română
pt Portuguese português portugués portugais Portugiesisch portoghese | ru Russian русский russo ruso
sk Slovak slovenčina | sl Slovenian slovenščina | so Somali | sq Albanian shqip | sr Serbian српски
sv Swedish svenska sueco | sw Swahili | ta Tamil | te Telugu | th Thai ไทย | tl Tagalog
tr Turkish Türkçe turco | uk Ukrainian українська ucraniano | ur Urdu | vi Vietnamese
zh Chinese 中文 chinês chino chinois
"""
ENTRIES = [entry.split() for line in TABLE.strip().splitlines() for entry in line.split(" | ")]
NAMES = {code: name for code, name, *_ in ENTRIES}
CODES = {word.casefold(): code for code, *words in ENTRIES for word in (code, *words)}


def name_of(code: str) -> str:
    """The English name of a language, its code where it isn't in the table."""
    return NAMES.get(code, code)


def code_of(word: str) -> str | None:
    """The code that `word` means: a code, a code with a region (`pt-BR`) or a name; None for anything else."""
    known = CODES.get(word.strip().casefold())
    base = word.strip().replace("_", "-").partition("-")[0].casefold()
    return known or CODES.get(base) or (base if base.isascii() and base.isalpha() and len(base) in (2, 3) else None)
