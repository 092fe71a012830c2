"""Knows how multilingual models write languages: `fr` is `fr_XX` to mBART, `__fr__` to M2M100, `fra_Latn` to NLLB.

A model's own vocabulary decides; nothing here lists what a model can do.
"""

from collections.abc import Mapping
from typing import Any

# ISO 639-1 to the ISO 639-3 codes that NLLB and multi-target Marian models use, for the languages they have in common.
PAIRS = """
af:afr am:amh ar:arb az:azj be:bel bg:bul bn:ben bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng eo:epo es:spa
et:est eu:eus fa:pes fi:fin fr:fra ga:gle gl:glg gu:guj ha:hau he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita
ja:jpn ka:kat kk:kaz km:khm kn:kan ko:kor ky:kir lo:lao lt:lit lv:lvs mk:mkd ml:mal mn:khk mr:mar ms:zsm my:mya nb:nob
ne:npi nl:nld nn:nno no:nob pa:pan pl:pol ps:pbt pt:por ro:ron ru:rus si:sin sk:slk sl:slv so:som sq:als sr:srp sv:swe
sw:swh ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd uz:uzn vi:vie xh:xho yo:yor zh:zho zu:zul
"""
THREE_LETTERS = dict(pair.split(":") for pair in PAIRS.split())


def resolve(code: str, tokenizer: Any, names: Mapping[str, str]) -> str | None:
    """Return the tokenizer's own token for an ISO 639-1 code, None if it has none. `names` overrules what is found."""
    if code in names:
        return names[code]
    long = THREE_LETTERS.get(code, code)
    for token in (f"__{code}__", f">>{code}<<", f">>{long}<<"):
        if tokenizer.convert_tokens_to_ids(token) not in (None, tokenizer.unk_token_id):
            return token
    starts = (f"{code}_", f"{long}_", f">>{code}_", f">>{long}_")
    special = {str(token) for token in tokenizer.all_special_tokens}
    tokens = (token for token in tokenizer.get_vocab() if token.startswith(starts))
    return min((token for token in tokens if token in special or token.endswith("<<")), default=None)


def set_source(tokenizer: Any, token: str) -> None:
    """Tell a tokenizer that marks its inputs with their language which one it is."""
    tokenizer.src_lang = token.strip("_") if token.startswith("__") else token
