"""Tells a question from what is stated, by the mark that ends it, and what kind of answer it asks for.

English, Portuguese, Spanish, German and French. Pure.
"""

import re
from enum import StrEnum

from nlp.text.lexical import fold

CLOSERS = " \"')]*_~`»”"  # what may follow a question mark at the end of a question
MARKS = ("?", "？", "؟")  # noqa: RUF001 - question marks of other scripts


class AnswerKind(StrEnum):
    """The kind of answer that a question asks for."""

    TIME = "time"
    PLACE = "place"
    PERSON = "person"
    NUMBER = "number"
    DURATION = "duration"
    CODE = "code"
    REASON = "reason"
    YES_OR_NO = "yes or no"
    THING = "thing"
    MANNER = "manner"


TYPED = (
    r"command|line|flag|option|setting|url|link|web ?(?:page|site)|address|path|file|folder|directory|package|version"
    r"|port|ip|host(?:name)?|server|branch|e-?mail|password|key|code|md5(?:sum)?|checksum|kernel"
    r"|comandos?|linha|opcao|ligacao|endereco|caminho|ficheiro|arquivo|pasta|pacote|versao|porta|servidor|senha"
    r"|linea|opcion|enlace|direccion|ruta|archivo|carpeta|paquete|version|puerto|contrasena|clave"
    r"|befehle?|zeile|einstellung|adresse|pfad|datei|ordner|paket|passwort|kennwort"
    r"|commande|ligne|lien|adresse|chemin|fichier|dossier|paquet|serveur|mot de passe"
)
KINDS: dict[AnswerKind, str] = {
    AnswerKind.TIME: r"when|(?:at |by |since |until )?(?:what|which) (?:time|day|date|month|year|week)|how soon"
    r"|at what point"
    r"|quando|(?:a |as |em )?que (?:horas?|dia|mes|ano|data)|cuando|a que hora"
    r"|wann|um wie ?viel uhr|an welchem tag|wie spat|quand|a quelle heure|quel jour|quelle date",
    AnswerKind.DURATION: r"how (?:long|often)|(?:por |durante )?quanto tempo|cuanto tiempo|wie (?:lange|oft)"
    r"|combien de temps",
    AnswerKind.NUMBER: r"how (?:many|much|old|big|large|far|high|fast|expensive)|quant[oa]s?|cuant[oa]s?"
    r"|wie ?(?:viele?|alt|gross|hoch|teuer|weit)|combien"
    r"|(?:what|which) (?:number|amount|percentage|share|price|cost|budget|size)|what(?: is|'s) the (?:price"
    r"|cost|budget"
    r"|number|amount|size)|qual (?:e )?o (?:preco|orcamento|numero|custo)|cual es el (?:precio|presupuesto|numero)"
    r"|quel est le (?:prix|budget|nombre)|(?:was|wie hoch) ist (?:der preis|das budget)",
    AnswerKind.CODE: rf"(?:what|which)(?: \w+)?(?:'s| is| are)?(?: the| our| your)?(?: [\w-]+)? (?:{TYPED})"
    rf"|(?:qual|quais|cual|cuales)(?: e| es| son| sao)?(?: [oa]s?| el| la)? (?:{TYPED})|que (?:{TYPED})"
    rf"|(?:welche[rsmn]?|(?:was|wie) (?:ist|sind|lautet) (?:der|die|das)) (?:{TYPED})"
    rf"|quel(?:le)?s?(?: est| sont)?(?: la| le|)? (?:{TYPED})",
    AnswerKind.PERSON: r"who(?:m|se|'s)?|quem|quien(?:es)?|wer|wem|wen|wessen|(?:a |de )?qui(?! est-ce que)",
    AnswerKind.PLACE: r"where|in (?:what|which) (?:place|room|channel|city|building|file|folder)|(?:a)?onde|a?donde"
    r"|wo(?:hin|her)?|ou(?= (?:est|sont|se|puis|peut|peux|faut|va|trouve))|d'ou",
    AnswerKind.REASON: r"why|what for|how come|for what reason|por ?que(?! horas)|por que|warum|wieso|weshalb|pourquoi",
    AnswerKind.MANNER: r"how|como|wie|comment",
    AnswerKind.THING: r"what(?:'s)?|which|o que|qua(?:l|is)|que|cual(?:es)?|(?<![\w ])was|(?<=, )was"
    r"|welche[rsmn]?|que(?:l"
    r"|lle|ls|lles)|qu'est-ce qu\w*|quoi",
}
OPENS = re.compile(rf"\b(?:{'|'.join(f'(?P<{kind.name}>{words})' for kind, words in KINDS.items())})(?!\w)")
POLAR = re.compile(
    r"(?:(?:so|and|but|hey|hi|ok|sorry|also|mas|y|pero|und|aber|et|mais),? )?(?:"
    r"(?:is|are|was(?! (?:ist|sind|war|hat|kostet|macht|bedeutet|heisst|fur)\b)|were|am|do|does|did|has|have"
    r"|had|can|could|will|would|should|shall|may|might|must|any ?(?:one|body)"
    r"|isnt|arent|doesnt|didnt|cant|wont)\b"
    r"|(?:isn't|aren't|doesn't|don't|didn't|can't|won't|hasn't|haven't)"
    r"|(?:ja|ha|existe[m]?|tem|temos|pode[ms]?|posso|devo|esta[os]?|foi|vai|sera)\b|e (?!(?:qu|como|onde|porque"
    r"|cuando|donde))"
    r"|(?:hay|puede[sn]?|puedo|debo|esta[ns]?|es|son|fue|tiene[ns]?|se puede)\b"
    r"|(?:ist|sind|war|gibt|hat|haben|kann|konnen|darf|soll|muss|wird|werden|geht|lauft)\b"
    r"|est-ce que|y a-t-il|(?:est|sont|ont|peut|peux|faut|doit)-?\b)"
)
INDIRECT = re.compile(
    r"(?:do (?:we|you|they)(?: all)? know|does (?:any|some)(?:one|body) know|(?:any|some)(?:one|body) knows?"
    r"|(?:can|could|would) (?:you|any\w+|some\w+)"
    r" (?:please )?(?:tell|say|remind|show)(?: me| us)?|(?:alguem|voce[s]?|alguien) sabe|sab(?:e|em|es|eis)"
    r"|weiss jemand|weisst du|wisst ihr"
    r"|(?:quelqu'un|tu|vous) (?:sait|sais|savez)|savez-vous|sais-tu|sait-on) "
)
ASKING = re.compile(  # how a message that asks opens
    r"(?:[^:,]{1,20}[:,] *)?(?:(?:hi|hello|hey|ok|and|but|so|guys|please)[ ,!.]+(?:all|everyone|guys)?[ ,!.]*)?(?:"
    r"how|what|why|where|who|when|which|is there|are there|does|do you|do i|did you|can i|can you|can some|can any"
    r"|could|is it|should i|any(?:one|body| idea)|some(?:one|body)|i need help|como|porque|quem|onde|quando|quién"
    r"|cómo|dónde|cuándo|wie|wer|wo|wann|warum|comment|pourquoi|qui|où|quand)\b"
)


def is_question(text: str) -> bool:
    """Return whether the text ends as a question does."""
    return text.rstrip(CLOSERS).endswith(MARKS)


def asks(text: str) -> bool:
    """Return whether the text ends or opens as a question does."""
    return is_question(text) or ASKING.match(fold(text)) is not None


def asked_for(question: str) -> AnswerKind | None:
    """Return the kind of answer that the question asks for, by its first question word; None where it has none."""
    plain = fold(question).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lstrip("¿¡ ")
    indirect = INDIRECT.match(plain)
    found = OPENS.search(plain, indirect.end() if indirect else 0)
    if POLAR.match(plain) and not (indirect and found):
        return AnswerKind.YES_OR_NO
    return AnswerKind[found.lastgroup] if found and found.lastgroup else None
