"""Words that tell what a sentence does: decides, promises, leaves open, explains, repairs. English and four others.

Cues, not understanding: they choose the section of a summary that a sentence stands in, and nothing else rests on
them. A label that people write themselves ("Decision: …") counts for more than a cue.
"""

import re
from dataclasses import dataclass
from typing import Literal

from nlp.text.polarity import denied_before, last_clause

Kind = Literal["open question", "decision", "action", "cause", "fix"]

LABELS: dict[Kind, str] = {
    "open question": r"(?:still )?open(?: questions?)?|(?:questão |ainda )?em aberto|pregunta abierta"
    r"|offene frage|offen|question ouverte",
    "decision": r"decisions?|decided|superseded|reversed|decisão|decisión|entscheidung|beschluss|décision",
    "action": r"actions?(?: items?)?|to-?do|next steps?|what we change|tarefas?|próximos passos|tareas?|aufgaben?"
    r"|nächste schritte|à faire|prochaines étapes",
    "cause": r"(?:root )?causes?|reason|causa|ursache|grund",
    "fix": r"fix(?:es|ed)?|solution|correção|solução|arreglo|solución|lösung|correctif",
}
NOT_NAMES = "That|This|It|There|These|Those|They|You|What|Which|Who|The|Everything"
WILL = (
    rf"(?<!or )(?:i'll|we'll|i will|we will|(?<![\w.'])(?-i:(?!(?:{NOT_NAMES})\b)[A-Z])\w+ will) "
    r"(?!believe|be |have |see |know|never|try\b|now\b|arrive|end\b|begin|wait|do (?:that|it|this)\b|take a break)"
)
NAMED_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b"
BY_TIME = (
    r"(?:by|before) (?:the )?(?:end of|close of|eod|noon|midnight|lunch|tomorrow|tonight|then|next|weekend|meeting"
    rf"|release|launch|deadline|{NAMED_DAY}|\d+)|(?<!earlier )today|tomorrow|tonight|(?:on|this|next) {NAMED_DAY}"
    r"|(?:this|next) (?:week|month|morning|afternoon|evening)|at \d{1,2}(?::\d\d| ?[ap]m)"
)
EVENT = "launch|release|meeting|call|event|trip|offsite|party|fair|race|market|deal|plan|show|match|game|demo"
MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
WHETHER = "(?:how|what|when|where|whether|which|who|why|if)"
HOW_FIXED = r"(?=(?: (?:by (?!then)|with|after|in|at|as of|now|upstream|\d))|[.,!;]|$)"
WENT_WRONG = "cause|culprit|problem|issue|bug|trouble"
PHRASES: dict[Kind, tuple[str, ...]] = {
    "open question": (
        rf"open question|(?:we|i) still (?:don't|do not) know {WHETHER}(?! you)",
        rf"nobody knows {WHETHER}(?! to do| you|.s the problem)",
        r"no idea why(?= \w)(?! (?:i|i'm|it|it's|that|this|but)\b)",
        rf"(?:is|it's|remains|'s)(?: still| yet)? (?:unclear|unexplained|not clear(?: yet)?) {WHETHER}(?! you)",
        r"don't (?:yet )?have an explanation|where did they go|would still like to know|i'd still like to know",
        r"em aberto|ninguém sabe|ainda não sab\w+|por esclarecer",
        r"pregunta abierta|sin resolver|nadie sabe|aún no sab\w+",
        r"offene frage|niemand weiß|noch unklar|ungeklärt",
        r"question ouverte|personne ne sait|on ne sait (?:pas|toujours)",
    ),
    "decision": (
        r"(?:we|board|team|council|committee|everybody|everyone)(?:'ve| have| had)?(?: all| now)? (?:decided|agreed)",
        r"(?:was|is|been) (?:decided|agreed)|i(?:'ve| have)? decided (?:that )?we",
        r"(?:we(?:'ve| have)?|that's|it's|that is|it is) settled(?! down| in)",
        r"(?:is|was|been|are|were) (?:approved|postponed|cancell?ed|called off)|changed our minds?",
        r"we(?:'ll| will|'re going to| are going to) (?:go with|move to|keep|drop|launch|switch to|postpone|stay with)",
        rf"we (?:leave|drop|keep|postpone|move to|switch to|go to|launch)(?=[^.!?]{{1,80}}\b(?:\d|{NAMED_DAY}))",
        r"(?<=, )we launch|let's go with|for now we (?:do|don't|keep|stay|leave|use|won't)",
        r"(?:we're|we are) (?:going with|rolling back|moving to|dropping|postponing)|we rolled back|rolling back to",
        r"i was wrong (?:about|to)|reverses what|, as agreed",
        rf"moves to (?:the )?(?:\d+|{NAMED_DAY}|next|{MONTH})",
        rf"(?:{EVENT})s?\b[^.!?,;]{{0,40}} (?:is|are) off(?=[.,;!]|$)",
        r"decidi(?:mos|do|u)|ficou decidido|combinado|adiad[oa]|vamos (?:com|ficar|mudar)|afinal",
        r"decidimos|acordamos|quedamos en|aprobad[oa]|aplazad[oa]|se aplaza",
        r"entschieden|beschlossen|geeinigt|einigen uns|abgemacht|genehmigt|verschoben",
        r"décid(?:é|ée|ons)|convenu|on part sur|reportée?s?|validée?s? par",
    ),
    "cause": (
        r"the (?:root |real |main |actual |whole )?(?:cause|culprit) (?:is|was)(?= \S+ \S)(?! to\b| what\b)",
        rf"the (?:{WENT_WRONG}) was(?= \S+ \S)(?! (?:to|what|when|that (?:i|you|we|they))\b| \w*(?:fix|solv|un)\w*)",
        r"(?:was|were|is|are|got) caused by|turns out (?:that )?(?:it was|it's) (?:because|due|caused)",
        r"(?:that|it)(?:'s| is| was) (?:just )?because of|the reason (?:is|was) (?:that|because)(?! (?:i|you|we)\b)",
        rf"(?:i|we)(?:'ve| have)? found (?:the|our) (?:{WENT_WRONG})(?=[,:;-]? \w)|^(?:i|we) found it(?=[.:!]|$)",
        r"por causa d\w+|a causa (?:é|foi)|descobri\w*",
        r"la causa (?:es|fue)|debido a",
        r"ursache (?:ist|war)|liegt an|lag an",
        r"la cause (?:est|était)|à cause d\w+",
    ),
    "fix": (
        r"(?<!only )fix is (?!about|not)|(?:^|(?<=[,;:!.] ))fixed (?:in|by|with)",
        rf"(?<!these )(?<!those )(?<!whatever )(?:is|are|was|were|got|been) (?:now |all )?fixed{HOW_FIXED}",
        r"(?:bug|issue|problem|outage|incident)s? (?:is|are|was|were|has been|have been) (?:now )?resolved",
        r"(?<!make )(?<!made )(?<!get )(?:works again|(?<=s )work again|(?:is|are) working again)",
        r"are back(?=[.!,]|$)|(?:is|are) back (?:up|online|to normal|in service)",
        r"(?:foi|está|ficou) (?:resolvid|corrigid)[oa]",
        r"(?:está|fue|quedó) (?:resuelt|arreglad|corregid)[oa]",
        r"behoben|gelöst|läuft wieder",
        r"(?:est|été) (?:résolu|corrigé|réparé)e?s?",
    ),
    "action": (
        rf"{WILL}[^.;,]{{3,160}}\b(?:{BY_TIME})",
        r"(?:eu )?(?:trato|faço|envio|mando|fico de) .{3,200}\b(?:até|amanhã|hoje)",
        r"(?:yo )?(?:me encargo|hago|envío|mando) .{3,200}\b(?:antes|mañana|hoy)",
        r"ich (?:mache|schicke|kümmere|schreibe) .{3,200}\b(?:bis|morgen|heute)",
        r"je (?:m'occupe|fais|l'envoie|prépare) .{3,200}\b(?:avant|demain|aujourd'hui)",
    ),
}
REVERSALS = re.compile(
    r"\b(?:revers(?:es|ed|ing)|supersed(?:es|ed)|i was wrong|(?:is|are) (?:off|cancell?ed|called off)(?=[.,;!]|$)"
    r"|no longer|change of plan|changed (?:my|our) minds?"
    r"|revertid\w+|sem efeito|afinal|mudámos de ideias|cambiamos de idea|al final|ya no"
    r"|rückgängig|widerrufen|doch nicht|stattdessen|annulée?s?|finalement|changé d'avis)\b",
    re.IGNORECASE,
)
CUES = {kind: re.compile(rf"\b(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE) for kind, phrases in PHRASES.items()}
HEADS = {
    kind: re.compile(rf"[\s*_>-]{{0,40}}(?:{label})[*_]{{0,3}}\s{{0,3}}:[*_]{{0,3}}\s*", re.IGNORECASE)
    for kind, label in LABELS.items()
}
NOTHING = re.compile(
    r"\W*(?:none|nothing|n/?a|tbd|no|not yet|nobody|nenhuma?|nada|ainda (?:não|nada|nenhuma?)|ningun[oa]|todavía no"
    r"|keine?|nichts|noch (?:nichts|keine|nicht)|niemand|aucune?|rien|pas encore|personne)"
    r"(?:\W+(?:yet|so far|left|today|for now|open|decided|needed|agreed|bisher|offen|até agora|por enquanto|por ahora"
    r"|pour l'instant|ainda|todavía|encore))*\W*",
    re.IGNORECASE,
)
DENIED_AFTER: dict[Kind, re.Pattern[str]] = {
    "decision": re.compile(
        r"(?:\s+(?:is|are|was|has been|ist|sind|ist noch|wurden?|haben wir|está|foi|est))?"
        r"\s+(?:still |noch |ainda |pas )?(?:nothing|nada|nichts|rien|encore)\b",
        re.IGNORECASE,
    ),
    "cause": re.compile(r"\s+(?:not|nicht|não|no|pas)\b", re.IGNORECASE),
    "fix": re.compile(r"\s+(?:not|nicht|não|no|pas)\b", re.IGNORECASE),
    "action": re.compile(r"[^.!?,;]{0,60}\s(?:nicht|não|pas)\s*(?:$|[.!?,;])", re.IGNORECASE),
}
NOT_DOING = re.compile(
    r"(?:\S+\s+){1,4}(?:not|nicht|não|no|pas|kein\w*)\b|(?:no|some|any)(?:body|one|thing)\b", re.IGNORECASE
)
SUPPOSED = re.compile(
    r"\b(?:if|whether|unless|unt?ill?|till|when|once|so that|in which case|as soon as|maybe|perhaps|should|could|might"
    r"|(?:needs?|has|have|had) to be|to be"
    r"|hope|wish|wonder|suppose|pretend|imagine|hoffe|espero|espère|ojalá|oxalá"
    r"|talvez|até que|hasta que|quiz[aá]s?|wenn|falls|ob|sobald|vielleicht|si|jusqu\S*|peut-être)\b",
    re.IGNORECASE,
)
GUESSED = re.compile(r"\b(?:guess|suspect|think|thought|probably|may|usually|often)\b[^.!?;]{0,40}$", re.IGNORECASE)
GUESSABLE: tuple[Kind, ...] = ("cause", "fix", "action")
CONDITION = re.compile(r"\b(?:if|in case|so that|unt?ill?|till?|when(?:ever)? something)\b", re.IGNORECASE)
CONDITIONAL: tuple[Kind, ...] = ("action", "fix")
DOUBTED = re.compile(r"\b(?:doubt|duvido|dudo|(?:be)?zweifle|doute)\b[^.!?;]{0,80}$", re.IGNORECASE)  # also over "that"
AROUND = 200  # characters before and after a cue that may deny it
SETTLED: tuple[Kind, ...] = ("decision", "fix", "cause", "open question")  # what is only supposed to be is none
ASKED = ("?", "\N{FULLWIDTH QUESTION MARK}", "\N{ARABIC QUESTION MARK}")


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence without its label, what it does if that is known, and whether it said so itself."""

    text: str
    kind: Kind | None = None
    labelled: bool = False


def mark(sentence: str) -> MarkedSentence:
    """Return what the sentence does, by its label or else by the first kind of the table whose cue it holds."""
    for kind, head in HEADS.items():
        match = head.match(sentence)
        rest = sentence[match.end() :] if match else ""
        if any(map(str.isalpha, rest)):
            return (
                MarkedSentence(sentence)
                if _is_nothing(kind, straight(rest))
                else MarkedSentence(rest, kind, labelled=True)
            )
    return MarkedSentence(sentence, kind_of(sentence))


def _is_nothing(kind: Kind, labelled: str) -> bool:
    """Return whether what stands under a label says that there is none."""
    return NOTHING.fullmatch(labelled) is not None or _only_denied(kind, labelled)


def kind_of(sentence: str) -> Kind | None:
    """Return the first kind of the table whose cue stands in the sentence, or None for plain talk.

    A question decides nothing, whoever asks.
    """
    plain = straight(sentence)
    asks = plain.rstrip(" \"')*_").endswith(ASKED)
    kinds: tuple[Kind, ...] = ("open question",) if asks else tuple(CUES)
    return next((kind for kind in kinds if any(not _is_denied(kind, cue) for cue in CUES[kind].finditer(plain))), None)


def _only_denied(kind: Kind, plain: str) -> bool:
    """Return whether the text has cues of the kind, all of them denied."""
    cues = list(CUES[kind].finditer(plain))
    return bool(cues) and all(_is_denied(kind, cue) for cue in cues)


def _is_denied(kind: Kind, cue: re.Match[str]) -> bool:
    """Return whether the words around the cue deny or only suppose it."""
    before, after = cue.string[max(cue.start() - AROUND, 0) : cue.start()], cue.string[cue.end() : cue.end() + AROUND]
    if denied_before(before) or (kind in DENIED_AFTER and DENIED_AFTER[kind].match(after)):
        return True
    if kind == "action" and NOT_DOING.match(cue[0]):
        return True
    if (kind in GUESSABLE and GUESSED.search(before)) or (kind in CONDITIONAL and CONDITION.search(before)):
        return True
    return kind in SETTLED and bool(DOUBTED.search(before) or SUPPOSED.search(last_clause(before)))


def reverses(text: str) -> bool:
    """Return whether the words say that something decided before no longer holds."""
    plain = straight(text)
    return any(
        not denied_before(plain[max(cue.start() - AROUND, 0) : cue.start()]) for cue in REVERSALS.finditer(plain)
    )


def straight(text: str) -> str:
    """Return the text with the apostrophes of a keyboard."""
    return text.replace("’", "'")  # noqa: RUF001 - what phones type
