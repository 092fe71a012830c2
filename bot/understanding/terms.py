"""Reads what people say about the glossary: which words stay as they are, which have a fixed translation, which go."""

import re
from dataclasses import dataclass
from typing import Literal

from nlp.text.names import CODES, folded, is_name

READ = 600  # characters that are looked at
GLOSSARY = r"(?:gloss[aá]r(?:y|ies|io)|glosario|glossaire|glossar)"
ARTICLES = r"(?:(?:the|our|my|o|el|le|das|dem|unser|unserem|notre|nosso|nuestro)\s+)?"
TO = rf"(?:(?:to|into|in|from|out of|au|du|dans|de|ao|no|do|al|en|del|zum|ins|im|vom|aus)\s+{ARTICLES}|à\s+)?{GLOSSARY}"
ADD = r"add|put|keep|set|adiciona(?:r)?|acrescenta(?:r)?|põe|añad(?:e|ir)|agrega(?:r)?|pon|füge?|nimm|ajoute[rz]?|mets"
REMOVE = (
    r"remove|delete|drop|take|forget|apaga(?:r)?|tira(?:r)?|remover|elimina(?:r)?|quita(?:r)?|borra(?:r)?|lösche?|entferne?"
    r"|streiche?|supprime[rz]?|retire[rz]?|enlève[rz]?|ôte[rz]?"
)
SHOW = (
    r"show|list|see|read|what(?:'s| is| are| stands| words are)|mostra(?:r)?|lista(?:r)?|o que (?:está|há)|muestra"
    r"|qué hay|zeige?|was steht|montre[rz]?|affiche[rz]?|qu'y a-t-il"
)
CHANGE = re.compile(rf"(?:(?P<add>{ADD})|(?P<remove>{REMOVE}))\b\s*:?\s*", re.IGNORECASE)
NAMED = re.compile(rf"\b{GLOSSARY}\b", re.IGNORECASE)
AHEAD = re.compile(rf"(?:please\s+)?{GLOSSARY}\b\s*[:,]?\s*", re.IGNORECASE)
THERE = re.compile(rf"^{TO}\s*[:,]?\s+|\s+{TO}(?:\s+(?:hinzu|auf|ein|raus|heraus))?[\s.!]*$", re.IGNORECASE)
LISTED = re.compile(rf"(?:(?:{SHOW})\b(?:\s+\S+){{0,3}}?\s+{GLOSSARY}|{SHOW}|{GLOSSARY})?[\s?.!]*", re.IGNORECASE)
NEVER = re.compile(
    r"(?:never translate|nunca tradu(?:z|zas|zca|zcas)|no traduzcas nunca|ne tradui(?:s|sez) jamais)\s+(?P<terms>.+)"
    r"|übersetze? (?P<german>.+?) (?:nie|niemals)[.!]?",
    re.IGNORECASE | re.DOTALL,
)
ALWAYS = re.compile(
    r"(?:always translate|tradu(?:z|ce) siempre|traduz sempre|sempre traduz|tradui(?:s|sez) toujours)\s+"
    r"(?P<term>.+?)\s+(?:as|by|with|como|por|par|comme)\s+(?P<words>.+)"
    r"|übersetze? (?P<german>.+?) immer (?:als|mit) (?P<german_words>.+)",
    re.IGNORECASE | re.DOTALL,
)
BECOMES = re.compile(r"\s*(?:=+>?|→|-+>)\s*")
INWARD = "in|into|to|for|em|para|en|auf|ins|nach"
INTO = re.compile(rf"(?:\s*,\s*|\s+)(?:{INWARD})\s+(?:the\s+)?(?P<word>[\w-]+)[\s.!]*$", re.IGNORECASE)
MARKED = re.compile(rf"\s*\((?:{INWARD})?\s*(?P<word>[\w-]+)\)[\s.!]*$", re.IGNORECASE)
QUOTES = "\"“”„«»'`"
QUOTED = re.compile(r"[\"“„«`](?P<words>[^\"“”„«»`]+)[\"”“»`]")
WORDS_TOO = frozenset({"as", "be", "el", "he", "is", "it", "la", "my", "no", "so"})  # codes that are also words


@dataclass(frozen=True, slots=True)
class TermWish:
    """The change to make to which terms; of one with a fixed translation, that and the language, "" for every one."""

    kind: Literal["list", "add", "remove"]
    terms: tuple[str, ...] = ()
    translation: str = ""
    target: str = ""


def concerns(words: str) -> bool:
    """Return whether free text is about the glossary: it names it, or says what is never or always translated so."""
    words = words[:READ].strip()
    if NEVER.fullmatch(words) or ALWAYS.fullmatch(words):
        return True
    ahead = AHEAD.match(words)
    if ahead and (CHANGE.match(words, ahead.end()) or LISTED.fullmatch(words[ahead.end() :])):
        return True
    if change := CHANGE.match(words):
        return THERE.search(words[change.end() :]) is not None
    return NAMED.search(words) is not None and LISTED.fullmatch(words) is not None


def read(words: str) -> TermWish | None:
    """Return what the words want of the glossary, None where they can't be read."""
    words = words[:READ].strip()
    if LISTED.fullmatch(words):
        return TermWish("list")
    if never := NEVER.fullmatch(words):
        return _terms("add", never["terms"] or never["german"])
    if always := ALWAYS.fullmatch(words):
        return _translated(always["term"] or always["german"], always["words"] or always["german_words"])
    if ahead := AHEAD.match(words):
        words = words[ahead.end() :]
    change = CHANGE.match(words)
    if change is None:
        return None
    body = THERE.sub("", words[change.end() :]).strip()
    if change["remove"]:
        return _terms("remove", body)
    term, *translation = BECOMES.split(body, maxsplit=1)
    return _translated(term, translation[0]) if translation else _terms("add", body)


def _translated(term: str, translation: str) -> TermWish | None:
    """Return the wish for a fixed translation; the language may stand behind the term or behind its translation."""
    (term, ahead), (translation, behind) = _with_language(term), _with_language(translation)
    term, translation = _bare(term), _bare(translation)
    return TermWish("add", (term,), translation, behind or ahead) if term and translation else None


def _terms(kind: Literal["add", "remove"], body: str) -> TermWish | None:
    """Return the wish for terms, of which several stand between commas or quotation marks."""
    body, target = _with_language(body) if kind == "remove" else (body, "")
    quoted = [match["words"] for match in QUOTED.finditer(body)]
    terms = dict.fromkeys(filter(None, map(_bare, quoted or body.split(","))))
    return TermWish(kind, tuple(terms), target=target) if terms else None


def _with_language(text: str) -> tuple[str, str]:
    """Return the text without the language at its end, and that language's code, "" for none."""
    for pattern in (MARKED, INTO):
        match = pattern.search(text)
        if match and match.start() and (code := _code(match["word"], sure=pattern is MARKED)):
            return text[: match.start()], code
    return text, ""


def _code(word: str, *, sure: bool) -> str:
    plain = folded(word).partition("-")[0]
    known = is_name(word) or plain in CODES
    return CODES[plain] if known and plain in CODES and (sure or plain not in WORDS_TOO) else ""


def _bare(text: str) -> str:
    """Return a term as it was typed, without the marks around it."""
    return " ".join(text.split()).strip(QUOTES).rstrip(".!;").strip(QUOTES).strip()
