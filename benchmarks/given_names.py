"""Writes the given names that the packaged translators take for words, `nlp/text/given_names.txt`.

    python benchmarks/given_names.py

Puts each name of the `faker` package (English and Portuguese) into two sentences of both directions and keeps those
that don't come back. Names that are also months, seasons, places or everyday nouns are left to the members of a
channel. Needs the extra `starter`, and `faker` (MIT) beside it.
"""

import asyncio
import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nlp.core import Core
from nlp.profiles import profile

TABLE = Path(__file__).resolve().parent.parent / "nlp" / "text" / "given_names.txt"
LOCALES = ("en_US", "en_GB", "pt_BR", "pt_PT")
FURTHER = """
Will Hope Grace Joy Faith Rose Bill Mark Frank Guy Rich Jack Dawn Sunny Luz Reis Esperança Graça Glória Céu Pilar
Salvador Vera Linda Flor Jasmim Violeta Margarida Estrela Sol Inocêncio Prudência Leão Branca Franco Celeste Alegria
Benvindo
"""
AMBIGUOUS = "April Art Autumn Dom Domingos Georgia Grant Jordan June Justo May Summer Valentim Virginia"
FRAMES = {
    ("en", "pt"): ("I talked to {} yesterday.", "Did {} reply to the client?"),
    ("pt", "en"): ("Falei com {} ontem.", "{} disse que vem."),
}
SHORTEST = 3


def names() -> list[str]:
    """Every given name that is tried."""
    found = set(FURTHER.split())
    for locale in LOCALES:
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        for kind in ("first_names_male", "first_names_female", "first_names"):
            found |= set(getattr(provider, kind, ()))
    return sorted(name for name in found - set(AMBIGUOUS.split()) if name.isalpha() and len(name) >= SHORTEST)


async def main() -> None:
    """Try every name and write those that are lost."""
    lost = set()
    async with Core(profile("starter")) as core:
        for pair, frames in FRAMES.items():
            tried = [(name, frame.format(name)) for name in names() for frame in frames]
            made = await core.translate([text for _, text in tried], *pair)
            lost |= {name for (name, _), each in zip(tried, made, strict=True) if name not in each.text}
    TABLE.write_text("\n".join(sorted(lost)) + "\n", encoding="utf-8")
    print(f"{len(lost)} of {len(names())} names are translated")


if __name__ == "__main__":
    asyncio.run(main())
