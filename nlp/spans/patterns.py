"""Lists how people write what a question may ask for: commands, links, numbers, places, reasons. In five languages."""

import re
from collections.abc import Sequence

from nlp.text.lexical import words

UNKNOWN = re.compile(  # plain words of somebody who doesn't know either
    r"\b(?:(?:do|does|did) not (?:yet )?know|(?:dont|doesnt|didnt) (?:yet )?(?:know|remember)|no idea|not sure"
    r"|nobody knows|unclear|nao sei"
    r"|nao sabemos|ninguem sabe|no se(?! \w)|no sabemos|nadie sabe|weiss (?:ich |es |noch )?nicht|keine ahnung"
    r"|niemand weiss|sais pas|aucune idee)\b"
)
TOWARDS = re.compile(r"^(?:to|into|para|nach) ", re.IGNORECASE)
INTERJECTIONS = frozenset(
    words(
        "oh ohh ohhh ah hi hey hello ok okay wow hmm hm um uh knock thanks sorry lol well yes no right obrigado"
        " gracias danke merci"
    )
)

CODE = re.compile(r"`([^`\n]{1,200})`")
LINK = re.compile(
    r"https?://[^\s<>\"'`)]+|\bwww\.[^\s<>\"'`)]+|\b(?:[a-z0-9-]+\.){1,4}(?:com|org|net|io|dev|edu"
    r"|gov)/[^\s<>\"'`)]*",
    re.IGNORECASE,
)
PATH = re.compile(
    r"(?<![\w/.])(?:~|\.{1,2})?/[\w.+@-]+(?:/[\w.+@*-]*)*|(?<!\w)[A-Z]:\\[\w\\.-]+|(?<![\w/.])[\w-]+\.(?:conf"
    r"|cfg|ini|ya?ml|toml|json|txt|md|list|log|sh|py|deb|iso|csv|xlsx?|pdf|docx?)\b"
)
COMMAND = re.compile(
    r"(?<![\w/.-])(?:\$ ?|sudo |gksudo )?(?:apt(?:-get|-cache|itude|-file)?|dpkg(?:-reconfigure)?|systemctl"
    r"|service|chmod|chown|mount|umount|modprobe|lsmod"
    r"|hdparm|ifconfig|iwconfig|dhclient|wget|curl|git|docker|kubectl|helm|npm|yarn|pip3?|cargo|make|ssh|scp"
    r"|rsync|tar|grep|sed|awk|find|locate|ls|cp|mv"
    r"|rm|ln|kill(?:all)?|pkill|ps|top|df|du|free|cat|less|nano|vim?|gedit|ping|route|ip|uname|lspci|lsusb"
    r"|dmesg|fdisk|mkfs\S*|fsck|startx|python3?|java"
    r"|node|bash|sh|man|which|update-\w+|\w+ctl)(?: (?!and\b|then\b|to\b|or\b|should\b|will\b|is\b|if\b|for\b"
    r"|in a\b|but\b|does\b|works?\b)[\w./~:=@*+,$|&<>-]+){1,8}"
    r"|(?<![\w-])\w[\w-]* (?:--?[a-z][\w-]*(?: [\w./]+)?)(?: --?[a-z][\w-]*)*"
)
ORDINARY = frozenset(words("find make man cat less free which service top route locate java mount kill node more tar"))
TOLD_APART = re.compile(r"[-/._=|~*\d]")  # in a command that may also be plain words
TRIED = re.compile(
    r"\b(?:run|type|try|use|execute|enter|press|hit|do|roda|usa|tenta|corre|ejecuta|nimm|tippe|utilise|lance"
    r"|tape) (?:the |a |o |el |la )?(?=\S*[-_./=+\d])(\S+(?: -\S+)*)"
)
VERSION = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){1,3}(?:[-.]?\w+)?(?![\w.])")
MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.\w[\w.]*")
VALUE = re.compile(
    r"(?:\b(?:is|are|was|were|e|sao|era|es|son|ist|sind|war|lautet|heisst|est|sont|called|named)"
    r"|[:=])\s+(?:now |called |named |still |agora |jetzt )?"
)
NUMBER = re.compile(
    r"(?<![\w.,:/-])(?:[$€£¥] ?)?\d[\d.,]*\d(?![\w:/])(?: ?(?:%|€|[$£¥]|[kmgt]b?\b))?"
    r"|(?<![\w.,:/-])(?:[$€£¥] ?)?\d(?![\w:/])(?: ?(?:%|€|[$£¥]))?"
    r"|(?<![\w.,:/-])(?:[$€£¥] ?)?\d[\d.,]*(?:%|€|k|m|[kmgt]i?b|ms|s|h|x|th)\b|(?<![\w])(?:two|three|four|five"
    r"|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty"
    r"|forty|fifty|sixty|eighty|hundred|thousand|half|both|none|dois|duas|tres|quatro|seis|sete|oito|nove|dez"
    r"|doze|vinte|dos|cuatro|siete|ocho|nueve|diez|doce|veinte"
    r"|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn|zwolf|zwanzig|deux|trois|quatre|sept|huit|neuf|dix|douze"
    r"|vingt)(?!\w)(?:[- ](?:hundred|thousand|million|one|two|three"
    r"|four|five|six|seven|eight|nine))?"
)
NEXT_WORD = re.compile(r"[ -]([^\W\d_]+)")
UNIT = re.compile(
    r" ?(?:euros?|dollars?|pounds?|quid|cents?|reais|percent|por ?cento|prozent|pour ?cent|people|persons"
    r"|pessoas|personas|leute|personen|personnes|[kmgt]i?b"
    r"|ms|km|kg|metres?|meters?|miles|times|pixels?|degrees|years? old|rows|users|messages|files|lines)(?!\w)"
)
REASON = re.compile(
    r"\b(?:because|cause|since|due to|so that|in order to|porque|por causa d\w+|ja que|debido a|ya que|weil"
    r"|wegen|damit|parce qu\w*|car|a cause d\w*|afin d\w*)\s+[^.!?;]{3,160}"
)
PREPOSITION = (
    r"in|at|on|behind|under(?:neath)?|inside|near|next to|above|below|beside|between|outside|into|from|onto"
    r"|to(?= (?:the|my|our|your|his|her)\b)|em|no|na|nos|nas"
    r"|atras d\w+|dentro d\w+"
    r"|debaixo d\w+|en|al|detras de|im|am|beim?|hinter|unter|auf|neben|zum|zur|nach|dans|au|aux|chez|derriere"
    r"|sous|sur|devant"
)
ARTICLE = (
    r"(?:(?:the|an?|my|our|your|his|her|their|this|that|o|os|as|el|la|los|las|le|les|l'|der|die|das|dem|den"
    r"|einem?|einer|unser\w*|mein\w*|um|uma|un|una|une) )?"
)
WHERE = re.compile(rf"(?<!\w)(?:{PREPOSITION}) {ARTICLE}[\w'/#.-]+(?: [\w'#-]+){{0,4}}")
AT_NAME = re.compile(
    r"(?<!\w)(?:to|at|in|near|em|no|na|en|au|nach|bei|zu|ins?|im|para) (?:(?:the|o|a|el|la|le|der|die"
    r"|das) )?[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)*"
)
STOPS = frozenset(
    words(
        "and or but because so when while if that which who is are was were will would can could i you he she"
        " it we they now then with without for since until"
        " e mas porque quando se que com para y pero cuando con und aber weil wenn dass mit fur ist sind et"
        " mais quand si qui avec pour est not there here"
        " of as has have had do does did just please thanks before after"
    )
) - {"of"}
SAYS = re.compile(
    r"\bwho\w* (?:\w+ )?(?:says?|said|tells?|told|asks?|asked|suggest\w*|mention\w*|thinks?|believes?|wrote"
    r"|writes?|propos\w*|wants?|claim\w*|report\w*|offer\w*)\b"
)
YES = re.compile(
    r"(?<!\s)\s*(yes|yeah|yep|yup|sure|of course|no|nope|nah|not yet|sim|nao|claro|si|ja|nein|doch|oui|non|jawohl)\b"
)
DOER = re.compile(
    r"(?<![\w'])(?:I(?=['\u2019 ])|i(?=['\u2019 ])|[A-ZÀ-Þ][\w-]+(?: (?:and|e|y|und|et) [A-ZÀ-Þ][\w-]+)?)(?!\w)"
)
PAUSE = re.compile(r"[,.:;!?()]")
NAME = re.compile(r"(?<![.!?…:\w])(?<=\s)[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+)*")
MOVED = re.compile(
    r"\b(?:mov|chang|postpon|push|shift|reschedul|delay|verleg|verschob|mud|adiad|pass[aou]|cambi|aplaz|deplac"
    r"|report|decal)\w*\b"
)
TO = re.compile(r"(?<!\s)\s+(?:to|until|para|a|auf|au|a la)\s+", re.IGNORECASE)
NAMED_CODE: Sequence[tuple[re.Pattern[str], re.Pattern[str], str]] = (
    (
        re.compile(
            r"\b(?:ur[li]|links?|addresse?s?|page|site|repository|download|docs?|ligacao|endereco|enlace|direccion"
            r"|lien|adresse)\b"
        ),
        LINK,
        "link",
    ),
    (re.compile(r"\b(?:e-?mail|mail)\b"), MAIL, "link"),
    (
        re.compile(
            r"\b(?:path|file|folder|director|config\w*|log|caminho|ficheiro|arquivo|pasta|ruta|archivo|carpeta|pfad"
            r"|datei|ordner|chemin|fichier|dossier)"
        ),
        PATH,
        "path",
    ),
    (re.compile(r"\b(?:version|versao|release|kernel)\b"), VERSION, "code"),
    (re.compile(r"\b(?:ports?|porta|puerto)\b"), re.compile(r"(?<![\w.])\d{2,5}(?![\w.])"), "number"),
    (re.compile(r"\b(?:commands?|comandos?|befehle?|commandes?|run|type)\b"), COMMAND, "code"),
)
