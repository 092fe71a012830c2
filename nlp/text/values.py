"""Tells by words, in five languages, whether a text that speaks of a password, number or address gives it. Pure."""

import re

from nlp.text.lexical import content_stems, fold, stems

THING = (
    r"pass(?:word|code|phrase)|pin|code|key|number|address|e-?mail|link|url|phone|extension|version|port|price|cost|budget"
    r"|name|date|deadline|senha|palavra-passe|codigo|numero|endereco|telefone|versao|porta|preco|orcamento|nome|data|prazo"
    r"|contrasena|clave|direccion|enlace|puerto|precio|presupuesto|nombre|fecha|passwort|kennwort|nummer|adresse|preis"
    r"|telefon|datum|frist|mot de passe|numero|adresse|lien|telephone|prix|nom"
)
ASKS = re.compile(
    r"\b(?:what(?: is|'?s| are| was)|qual (?:e|era)|quais sao|cual (?:es|era)|was ist|wie (?:ist|lautet)"
    rf"|quel(?:le)? est)\b[^.!?]{{0,60}}\b(?:{THING})\b"
)
CLAUSE = re.compile(r"[.;!?,](?=\s|$)|\n")
GIVES = re.compile(
    r"\d|https?:|\S@\S|[\"“”„«`]\s?\w|[=→]|:\s*\S"
    r"|\b(?:is|are|was|remains|reads|called|becomes|e|sao|era|fica|es|son|ist|sind|lautet|heisst|est|sont|reste)\s+(?!(?:not|no|in|on|at|with"
    r"|the same|changed|written|kept|stored|secret|known|different|lost|wrong|old|new|nao|em|no|na|escrit[oa]"
    r"|guardad[oa]|distint[oa]|nicht|in|im|bei|geheim|pas|dans|sur|chez|ecrite?|cachee?)\b)\w"
)


def lacks_value(question: str, text: str) -> bool:
    """Return whether the question asks for a value and no clause of the text that speaks of it gives one."""
    if not ASKS.search(fold(question)):
        return False
    asked = content_stems(question)
    clauses = [fold(clause) for clause in CLAUSE.split(text)]
    about = [clause for clause in clauses if asked & stems(clause)]
    return bool(about) and not any(map(GIVES.search, about))
