"""What free text asks for, in English, Portuguese, Spanish, German and French: patterns in an order, and how sure.

Pure, total and fast. Words quoted or after a colon are what is spoken about and decide nothing. Knows no model.
"""

import re
import unicodedata
from dataclasses import dataclass

SURE, LIKELY = 0.95, 0.8  # a phrase of the table; only the shape of a question

LANGUAGES = (
    r"(?:english|german|french|spanish|portuguese|italian|dutch|ingles|alemao|frances|espanhol|portugues|aleman"
    r"|espanol|englisch\w*|deutsch\w*|franzosisch\w*|spanisch\w*|portugiesisch\w*|anglais|allemand|francais"
    r"|espagnol|portugais)"
)
NOT_ASKED = r"^(?!who|where|when|why|which|wer|wo\b|wann|quem|quando|quien|cuando|qui\b|quand)"
GREETING = (
    r"(?:hello|hi|hey|good (?:morning|afternoon|evening)|ola|bom dia|boa (?:tarde|noite)|hola|buenos dias|buenas"
    r"|hallo|guten (?:morgen|tag|abend)|moin|salut|bonjour|bonsoir)"
)
SUMMING = r"(?:summari[sz]e|summary|tl;?dr|recap|resum\w+|resume[rz]?|zusammenfass\w+|fass?e?)"
PEOPLE = (
    r"(?:people|folks|(?:the |our )?team|everyone|everybody|all of (?:us|you)|they|we|you all"
    r"|as pessoas|a equipa|o pessoal|gente|todos|la gente|el equipo|die leute|das team|alle|les gens|l'equipe)"
)
THING = r"(?:(?:this|that|it|my|the|a|esta|este|isto|esto|diese|das|dieser|ce|ca)\s*)(?:\w+\s*){0,2}"
FEELING = (
    r"(?:upset|(?:un)?happy|angry|mad|sad|frustrated|stressed|annoyed|okay|ok\b|tired|satisfied|worried|pleased"
    r"|chatead\w+|contente|zangad\w+|frustrad\w+|triste|bem\b|feliz\w*|enfadad\w+|content\w+|molest\w+|bien\b"
    r"|verargert|zufrieden|wutend|frustriert|sauer|glucklich|fach\w+|en colere|frustr\w+|heureux)"
)
MANNER = (
    r"(?:rude|harsh|sarcastic|polite|friendly|aggressive|kind|nice|positiv\w*|negativ\w*|positif|negatif|agress\w*"
    r"|simpatic\w+|amable|amavel|aimable|unhoflich|hoflich|freundlich|aggressiv|mal\b|angry|passive|ironic)"
)

# The first that fits counts, so the order tells which words outweigh which.
PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "catchup",
        (
            r"\b(?:catch(?:ing)?|caught)(?: \w+)?[ -]?up\b|\bcatch-?up\b",
            r"\b(?:i|i've|have i|did i) (?:just )?miss(?:ed)?\b",
            r"\bwhat(?:'s| is| was)? new\b|\banything (?:new|important)\b|\banything (?:\w+ )?for me\b",
            r"^(?!translat).*\bfor me(?: in here)?\?*$",
            r"\bfill me in\b|\bup to (?:speed|date)\b|\b(?:my|what's|what is|show(?: me)?|any) unread\b",
            r"\bping(?:ed)? me\b",
            r"\bmention(?:s|ed)? (?:of )?me\b|\b(?:was|am) i (?:mentioned|needed|tagged)\b|\bwhile i\b",
            r"\bsince i (?:was|left)\b",
            r"^(?:i'm|i am) back\b",
            r"\bi(?: was|'ve been| have been) (?:away|off|on (?:holiday|vacation)|out|in meetings|asleep)",
            r"\b(?:just got |i am |i'm )?back from\b|\bjust got back\b|\bupdate me\b|\bgive me an update\b",
            r"\bneeds? me\b",
            r"\b(?:waiting|asking|asked|looking) for (?:me|an? \w+ from me)\b",
            r"\b(?:repl\w+|answer\w*|respon\w+) (?:to )?(?:me|my)\b",
            r"\bgoing on since (?:last|i)\b|\bmy last (?:visit|time)\b|\bi need to know\b|^news\b",
            r"\bperdi\b|\bde novo\b|\bnovidades\b|\ba par\b|\bestive\b|\bpor ler\b|\bvoltei\b",
            r"\b(?:para|de|por) mim?\b",
            r"\batualiza-?me\b|\benquanto estive\b|\bme (?:mencion|cham|respond|marcar)\w+",
            r"\b(?:respond|mencion)\w+-me\b",
            r"\bme (?:he )?perd\w+|\bde nuevo\b|\bnovedades\b|\bponme al dia\b|\bmientras\b|\bsin leer\b",
            r"\bhe vuelto\b",
            r"\bactualizame\b|\bestuve (?:de|fuera)\b|\bme (?:menciono|llamo|necesita|han|ha)\b",
            r"\bverpasst\b|\b(?:gibt es|was).*\bneues?\b|\bneuigkeiten\b|\bmich (?:\w+ ){0,3}stand\b",
            r"\bwahrend ich\b|\bungelesen",
            r"\bich bin zuruck\b|\bim urlaub\b|\bfur mich\b|\bnach mir\b|\b(?:braucht|hat) mich\b",
            r"\bmich gerufen\b|\bhat mir\b",
            r"\bj'ai (?:manque|rate|loupe)|\bai-je (?:manque|rate)|\bquoi de neuf\b|\bau courant\b|\bmon absence\b",
            r"\bdu nouveau\b|\bdes nouvelles\b|\b(?:m'a|m'ont|m'a-t-on)\b|\bnon lus?\b|\bpas lu\b",
            r"\bde retour\b|\bvacances\b",
            r"\bmets-moi a jour\b|\b(?:pour|de) moi\b",
        ),
    ),
    (
        "help",
        (
            r"^(?:parley )?help(?: me)?(?: please)?$|\b(?:need|show)(?: me)?(?: some)? help\b",
            r"\bhelp (?:page|text)\b|\bhelp me$",
            r"\bwhat (?:else )?(?:can|do|could) you (?:do|know|offer)\b|\b(?:who|what) are you\b",
            r"\bhow (?:do|can) you (?:work|help)\b",
            r"\bhow (?:do|can|to|should) (?:i |we )?(?:use|talk to|ask|work with) (?:you|this|parley|it)\b",
            r"\bhow to use\b",
            r"\bhow does (?:this|it|the bot|parley|this bot)(?: \w+)? ?work\b|\bcommands?\b",
            r"^(?:usage|menu|options|manual)\??$",
            r"\b(?:your|what) (?:capabilities|features|purpose|functions)\b|^capabilities$|\binstructions\b",
            r"\bmanual\b",
            r"\b(?:introduce|explain) yourself\b|\bare you a(?:n ai| (?:ro)?bot)\b",
            r"\b(?:what|how) you (?:can |are able to )?(?:do|work)\b",
            r"\buse you\b|\bwhat can i (?:ask|say|do|tell)\b|\bwhat (?:is|does) parley\b",
            r"\bhow do i (?:start|begin)\b|^getting started",
            r"\bwhat kind of things\b|\b(?:show me|see) the menu\b|\bdocs for (?:this|you)\b|\bwhat are you\b",
            rf"^{GREETING}(?: there| parley| all)?$",
            r"\bajuda(?:r-me|-me)?\b|\bsabes fazer\b|\bpodes fazer\b|\b(?:isto|tu) funcionas?\b|\bquem es\b",
            r"\bcomandos\b",
            r"\bte uso\b|\binstru(?:coes|cciones)\b|\bo que es\b|\bpara que s[ie]rves\b|\bes um robo\b",
            r"\bcomo usar\b",
            r"\bte (?:posso|puedo) (?:perguntar|preguntar|pedir)\b|\bo que e o parley\b",
            r"\bayuda(?:rme|me)?\b|\bsabes hacer\b|\bpuedes hacer\b|\bfunciona(?:s)? esto\b|\bcomo funcionas\b",
            r"\bquien eres\b",
            r"\bque eres\b|\beres un (?:ro)?bot\b|\bque es parley\b",
            r"\bhilfe\b|\bmir helfen\b|\bwas kannst du\b|\bw(?:as|er) bist du\b",
            r"\bfunktioniert (?:das|du|dieser bot)\b|\bbefehle\b",
            r"\b(?:benutze|nutze|verwende) ich dich\b|\banleitung\b|\bwofur bist du\b|\bbist du ein\b",
            r"\bwas ist parley\b",
            r"\bdich fragen\b|\bwie das (?:geht|funktioniert)\b",
            r"^(?:a l')?aide\b|\bd'aide\b|\bm'aider?\b|\bsais-tu faire\b|\bpeux-tu faire\b",
            r"\b(?:ca|tu) marches?\b|\bqui es-tu\b",
            r"\bcommandes\b|\bt'utiliser\b|\bmode d'emploi\b|\bce que tu es\b|\btu sers\b|\bes-tu un\b",
            r"\bm'en servir\b",
            r"\bte demander\b|\bc'est quoi parley\b",
        ),
    ),
    (
        "summarize",
        (rf"^(?:\w+[- ]){{0,3}}?{SUMMING}\b(?!.*\btransl)",),
    ),
    (
        "translate",
        (
            r"\btranslat\w+|\btradu[zct]\w*|\btraduis\b|\btraduire\b|\bubersetz\w*|\binterpret (?:this|that)\b",
            r"\bhow (?:do|would|does|can|could|to|is|should)\b.*\b(?:say|said|spell|write|called)\b(?!.*\babout\b)",
            rf"{NOT_ASKED}.*\b(?:in|into|to|auf|ins|en|em|para|al|a|nach|from|version)\b (?:the )?{LANGUAGES}\b",
            rf"\b{LANGUAGES} (?:word|translation|version|for|please)\b|^{LANGUAGES}\b",
            rf"\bmake (?:this|it|that) {LANGUAGES}\b",
            rf"\b(?:don't|do not|can't) (?:speak|understand|read) {LANGUAGES}",
            rf"\bnao (?:percebo|falo|entendo) {LANGUAGES}",
            rf"\bno (?:entiendo|hablo) {LANGUAGES}|\b(?:verstehe|spreche) kein {LANGUAGES}",
            rf"\bcomprends pas l?'?{LANGUAGES}",
            r"\bwhat (?:does|do|did)\b.*\bmean\b|\bmeaning of\b|\bse di[zc]e?\b",
            r"\bcomo (?:se )?(?:digo|dizer|decir)\b",
            r"\bquer(?:em)? dizer\b|\bquiere decir\b|\bsignifi\w+|\bwie (?:sagt|schreibt|sage)\b",
            r"\bwas (?:heisst|bedeutet)\b",
            r"\bcomment (?:dit|dire|ecrit|ecrire)\b|\bveut dire\b|\bcomo se escr[ei]ve\b|\bcomo se escribe\b",
            r"\b(?:in)?to (?:en|pt|es|de|fr)\b",
        ),
    ),
    (
        "sentiment",
        (
            r"\b(?:mood|sentiments?|vibes?|atmosphere|morale|spirits|tone|feelings?|emotions?|emotional)\b",
            r"\b(?:feel|feels|felt)\b(?! free)|\bsounds?\b|\b(?:come|comes|coming) across\b",
            r"\bgo(?:es)? down with\b|\bthis read\b",
            rf"\b(?:is|are|was|were|does|do|did|seem|how)\b (?:{PEOPLE}|{THING})(?:\b.*)?\b{FEELING}",
            rf"\b{PEOPLE} (?:seem |look |all )*{FEELING}|\bis everyone ok",
            rf"\b(?:is|was|does|would|how)\b.*\b{MANNER}|\bhow {FEELING} (?:is|are|was|were) {PEOPLE}",
            r"\bo ambiente\b|\bambiente\b|\bhumor\b|\banimo\b|\bmoral\b",
            r"\b(?:o )?tom (?:de|da|do|deste|desta)\b|\btono?\b",
            r"\b(?:soa|suena|sonne|klingt)\b|\bse sent(?:e|em|ent|iu)\b|\bse siente[n]?\b",
            r"\b(?:isto|esto|ca) (?:parece|parait)\b",
            r"\bsentimentos?\b|\bsentimientos?\b|\bpositiv[oa]s?\b|\bnegativ[oa]s?\b|\bestao todos bem\b",
            r"\bestan todos bien\b",
            rf"\b(?:as pessoas|a equipa|o pessoal|gente|la gente|el equipo)\b.*{FEELING}",
            r"\bstimmung\b|\blaune\b|\bfuhl(?:en|t)\b|\bgeht es (?:allen|den|dem|euch)\b",
            r"\bton (?:hat|dieser|de|des)\b",
            r"\bwelchen ton\b|\bder ton\b|\bwirkt (?:das|es)\b|\bpositiv\b|\bnegativ\b",
            rf"\b(?:die leute|das team|alle)\b.*{FEELING}|\bsind alle\b",
            r"\bambiance\b|\bhumeur\b|\b(?:le|quel) (?:est le )?ton\b|\bse sentent\b|\bpositif\b|\bnegatif\b",
            r"\bva bien\b",
            rf"\b(?:les gens|l'equipe|des gens)\b.*{FEELING}|\bvivent-ils\b",
        ),
    ),
    (
        "ask",
        (
            r"\bdecid(?:e|ed) (?:about|on)\b|\bwhat happened (?:to|with)\b|\bopen question (?:about|on)\b",
            r"^(?:when|where|who|why|whose|how (?:many|much|long|often))\b",
            r"^(?:quando|onde|quem|porque|quantos?|quantas?|cuando|donde|quien|por que|cuant\w+)\b",
            r"^(?:wann|wo|wer|warum|wie viele?)\b",
            r"^(?:quand|ou|qui|pourquoi|combien)\b",
        ),
    ),
    (
        "summarize",
        (
            r"\bsummar\w+|\bsum(?:ming)?\b.*\bup\b|\bsum up\b|\btl;?dr\b|\brecap\b|\bgist\b|\btake-?aways?\b",
            r"\boverview\b",
            r"\b(?:key|main|important|central) points\b|\bdigest\b|\bhighlights?\b|\brun-?down\b",
            r"\brun me through\b|\bboil\b",
            r"\bcondense\b|\bshort(?:er)? version\b|\bshorten\b|\bin short\b|\bwrap up\b|\boutline\b",
            r"\bnutshell\b|\bbrief\b",
            r"\bessentials?\b|\btoo long\b|\bminutes of\b|\baction items\b|\bdecisions\b",
            r"\bbreak (?:\w+ )?down\b|\bdown to \w+ points",
            r"\bwhat (?:has been|was|were|got|is being) (?:discussed|decided|said|agreed)\b",
            r"\bwhat (?:have|has|are|were) \w+ (?:been )?(?:talking|discussing|saying)\b|\bbeen going on\b",
            r"\bwhat went on\b",
            r"\bwhat(?:'s| is| was) (?:this|the|that) (?:\w+ )?(?:thread|conversation|channel|discussion|chat) about\b",
            r"\bwhat (?:has )?happened (?:in here|here|today|yesterday|over|this|last|since|on|between|while)\b",
            r"\bwhat (?:has )?happened$|\bjust scroll",
            r"\bresum\w*|\bapanhado\b|\bpontos (?:principais|chave)\b|\bprincipais pontos\b|\bessencial\b",
            r"\bse falou\b|\bdecisoes\b",
            r"\bsobre o que\b|\bfoi decidido\b|\bse (?:disse|passou|decidiu)\b|\bpoucas palavras\b",
            r"\bversao curta\b|\bsintese\b",
            r"\bpuntos (?:principales|claves?)\b|\besencial\b|\bse hablo\b|\bde que (?:va|trata)\b",
            r"\bse (?:decidio|dijo)\b",
            r"\bque (?:ha )?paso (?:aqui|ayer|hoy)\b|\bdecisiones\b|\bpocas palabras\b|\bversion corta\b",
            r"\bsintesis\b",
            r"\bzusammen\w*|\bfasse?\b|\b(?:wichtigsten|haupt)\s?punkte\b|\bworum geht\b|\bworuber\b",
            r"\bwesentliche\b|\buberblick\b",
            r"\bwurde (?:\w+ )*(?:entschieden|beschlossen|besprochen)\b|\bentscheidungen\b",
            r"\bkurz(?:fassung| gesagt)\b",
            r"\bwas (?:war|ist) hier\b|\bhier \w+ los\b",
            r"\bsynthese\b|\bpoints (?:principaux|cles|importants)\b|\ba-t-on parle\b|\bde quoi parle\b",
            r"\bessentiel\b",
            r"\bete decide\b|\bdecisions\b|\ben bref\b|\bversion courte\b",
            r"\bs'est(?:-il)? (?:passe|dit) (?:ici|hier|aujourd)",
        ),
    ),
)
COMPILED = tuple((name, re.compile("|".join(f"(?:{each})" for each in phrases))) for name, phrases in PHRASES)
QUESTION = re.compile(
    r"\?$|^(?:what|how|is|are|was|were|do|does|did|can|could|has|have|which|find|search|look|tell me|does"
    r"|i'm looking for|o que|qual|como|ha|ja|sabes|procura|que|cual|busca|was|wie|welche\w*|hat|ist|gibt|such\w*"
    r"|quel\w*|comment|est-ce|cherche|y a-t-il)\b"
)
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“]*“")
SPOKEN_ABOUT = re.compile(r"(?<=\w)\s*:\s.*", re.DOTALL)
LONGEST = 400  # characters that are looked at: what a text asks for stands at its beginning
POLITE = re.compile(
    r"^(?:(?:please|hey|hi|ok|so|and|parley|por favor|bitte|s'il te plait|(?:could|can|would|will) you)[, ]+)+"
    r"(?=\w)"
)
TAIL = re.compile(r"(?:[, ]*\b(?:please|thanks|por favor|bitte|s'il (?:te|vous) plait)\b)+(?=\W*$)")


@dataclass(frozen=True, slots=True)
class Guess:
    """The name of an intent, None where nothing tells, and how likely it is meant, 0 to 1."""

    name: str | None
    confidence: float


def guess(text: str) -> Guess:
    """What the text asks for."""
    plain = skeleton(text)
    for name, pattern in COMPILED:
        if pattern.search(plain):
            return Guess(name, SURE)
    return Guess("ask", LIKELY) if QUESTION.search(plain) else Guess(None, 0.0)


def is_language(word: str) -> bool:
    """Whether the word is a language's name, or the code of one that Parley's phrases are in."""
    return re.fullmatch(rf"{LANGUAGES}|en|pt|es|de|fr", fold(word)) is not None


def skeleton(text: str) -> str:
    """The text folded (case, accents), without what it quotes, its politeness and its last stops."""
    folded = fold(text.strip()[:LONGEST])
    about = SPOKEN_ABOUT.sub("", QUOTED.sub(" x ", folded))
    plain = TAIL.sub("", POLITE.sub("", about.strip(" ¿¡")))
    asks = plain.rstrip(" .!").endswith("?")
    return re.sub(r"\s+", " ", plain.strip(" .!?,;")) + ("?" if asks else "")


def fold(text: str) -> str:
    """The text in small letters without accents, with straight apostrophes."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))  # noqa: RUF001 - what phones type
    return "".join(letter for letter in parts if not unicodedata.combining(letter))
