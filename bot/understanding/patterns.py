"""Words that tell what free text asks for, in English, Portuguese, Spanish, German and French: patterns in an order.

They meet text as `bot.understanding.classifier` folds it: small letters, no accents, no quotations. A new wording is
one more pattern here; `benchmarks/fit_phrases.py` then weighs all of them anew.
"""

from bot.understanding.denials import NOTHING

LANGUAGES = "langname"  # what the classifier writes in place of every language's name
NOT_ASKED = r"^(?!who|where|when|why|which|wer|wo\b|wann|quem|quando|quien|cuando|qui\b|quand)"
GREETING = (
    r"(?:hello|hi|hey|good (?:morning|afternoon|evening)|ola|bom dia|boa (?:tarde|noite)|hola|buenos dias|buenas"
    r"|hallo|guten (?:morgen|tag|abend)|moin|salut|bonjour|bonsoir)"
)
SUMMING = r"(?:summ?[ae]r\w+|summary|tl;?dr|recap|resum\w+|resume[rz]?|zusammenfass\w+|fass?e?)"
PEOPLE = (
    r"(?:people|folks|(?:the |our )?team|everyone|everybody|any(?:one|body)|all of (?:us|you)|they|we|you all|guys"
    r"|(?:the |our )?(?:customers|clients|users|members|colleagues|staff|students|players|guests|parents|crew|group)"
    r"|as pessoas|a equip[ae]|o pessoal|o povo|a galera|o time|o grupo|os clientes|gente|todos|estao|la gente|el equipo"
    r"|el grupo|los clientes|estan|die leute|das team|die gruppe|die kunden|alle|les gens|l'equipe|le groupe"
    r"|les clients|tout le monde)"
)
AWAY = (
    r"(?:away|off|offline|gone|out|absent|asleep|sick|ill|busy|abroad|travell?ing|late|in (?:a )?meetings?"
    r"|on (?:holiday|vacation|leave|a break))"
)
HOW_DO_I = r"\bhow (?:do|can|should|could|would) (?:i|we)"
WHAT = r"(?:who|what|when|where|why|how|which|if|whether)"
THING = r"(?:(?:this|that|it|my|the|a|esta|este|isto|esto|diese|das|dieser|ce|ca)\s*)(?:\w+\s*){0,2}"
FEELING = (
    r"(?:upset|(?:un)?happy|angry|mad|sad|frustrated|stressed|annoyed|okay|ok\b|tired|(?:dis)?satisfied|worried|pleased"
    r"|excited|nervous|anxious|confused|disappointed|bored|furious|relieved|exhausted|burnt|overwhelmed|tense|calm"
    r"|motivated|enthusiastic|optimistic|complain\w*|grumbl\w*|moan\w*"
    r"|chatead\w+|contente|zangad\w+|frustrad\w+|triste|bem\b|feliz\w*|felices|enfadad\w+|content\w+|molest\w+|bien\b"
    r"|estres\w+|cansad\w+|animad\w+|nervos\w+|nervios\w+|satisf\w+|irritad\w+|enojad\w+|quej\w+|reclam\w+"
    r"|verargert|zufrieden|wutend|frustriert|sauer|glucklich|gestresst|mude|genervt|begeistert|motiviert|angespannt"
    r"|fach\w+|en colere|frustr\w+|heureux|stress\w+|fatigu\w+|enerv\w+|inquiet\w*|satisfait\w*|plaign\w+)"
)
MANNER = (
    r"(?:rude|harsh|sarcastic|polite|friendly|aggressive|kind|nice|positiv\w*|negativ\w*|positif|negatif|agress\w*"
    r"|simpatic\w+|amable|amavel|aimable|unhoflich|hoflich|freundlich|aggressiv|mal\b|angry|passive|ironic)"
)

# Orders to sum up, by their verb: what else they name, such as a feast or a language, changes nothing.
_RESUME = r"resum(?:e|a|ir|an|ez?)(?:-?(?:me|nos|moi|nous))?"  # in English it means to go on
_KNOWN = (
    r"(?:o|os|isto|isso|esta|este|tudo|el|la|las|los|esto|todo|le|les|ce|cette|tout|entre|desde|depuis"
    r"|n[ao]s?|em|en|d[aeo]s?|del|hoje|ontem|hoy|ayer|hier|aujourd'hui"
    r"|as (?:ultimas|mensagens|conversas))\b|l'"
)
ORDERS = (
    (
        r"(?:(?:now|then|just|do|go|quickly|briefly) ){0,2}"
        r"(?:summari[sz]e|sum (?:\w+ ){0,3}?up|recap (?:the|this|what|last|yesterday|today|all|early|mid|late))\b"
        r"(?!.*\btransl)(?!.*\?$)"
    ),
    (
        r"(?:give|make|write|get|send|show|prepare|i (?:want|need|would like)) (?:me |us )?(?:a |an |the )?"
        r"(?:\w+ ){0,2}?(?:summary|recap|tl;?dr|digest)\b(?!.*\btransl)"
    ),
    (
        r"(?:faz|faca|fazer|da|de|quero|preciso de|manda|escreve)(?:-me|-nos)? (?:me |nos )?um (?:\w+ )?resumo\b"
        r"(?!.*\btradu)"
    ),
    r"(?:haz|dame|danos|quiero|necesito|escribe|hazme|haznos) un (?:\w+ )?resumen\b(?!.*\btradu)",
    r"(?:fais|faites|donne|donnez|ecris|je veux|il me faut)(?:-moi|-nous)? (?:un|le) (?:\w+ )?resume\b(?!.*\btradu)",
    r"(?:mach|gib|schreib|erstell)\w* (?:mir |uns )?eine (?:\w+ )?(?:zusammenfassung|kurzfassung)\b(?!.*ubersetz)",
    r"fass\w* (?!.*\b(?:nicht|nichts|keine?)\b).*\bzusammen\b(?!.*ubersetz)",
    rf"{_RESUME} (?:{_KNOWN})(?!.*\b(?:tradu|nothing|nada|rien)\w*)(?!.*\?$)",
)

# The first that fits counts, so the order tells which words outweigh which.
PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("nothing", NOTHING),
    (
        "catchup",
        (
            r"\b(?:catch(?:ing)?|caught)(?: \w+)?[ -]?up\b|\bcatch-?up\b",
            r"\b(?:i|i've|have i|did i) (?:just )?miss(?:ed)?\b",
            r"\bwhat(?:'s| is| was)? new\b|\banything (?:new|important)\b|\banything (?:\w+ )?for me\b",
            r"\b(?:news|something|messages?|updates?|waiting|here|there|new) for me\b",
            r"\bin the loop\b|\bback on track\b|\bmy (?:mentions|notifications|unreads?)\b",
            r"\bsince (?:i|my)\b|\b(?:haven't|have not|didn't|did not) (?:read|seen|followed|been)\b",
            r"\b(?:did|has|was|is) (?:any|some)(?:one|body) (?:\w+ )?(?:me|my)\b",
            r"\banything (?:\w+ )?i (?:should|need|have|ought|must)\b",
            r"\bfill me in\b|\bup to (?:speed|date)\b|\b(?:my|what's|what is|show(?: me)?|any) unread\b",
            r"\bping(?:ed)? me\b",
            r"\bmention(?:s|ed)? (?:of )?me\b|\b(?:was|am) i (?:mentioned|needed|tagged)\b|\bwhile i\b",
            r"\bsince i (?:was|left)\b",
            r"^(?:i'm|i am) back\b",
            rf"\bi(?: was|'ve been| have been|'m| am) (?:\w+ )?{AWAY}\b",
            r"\b(?:just got |i am |i'm )?back from\b|\bjust got back\b|\bupdate me\b|\bgive me an update\b",
            r"\bneeds? me\b",
            r"\b(?:waiting|asking|asked|looking) for (?:me|an? \w+ from me)\b",
            r"\b(?:repl\w+|answer\w*|respon\w+) (?:to )?(?:me|my)\b",
            r"\bgoing on since (?:last|i)\b|\bmy last (?:visit|time)\b",
            r"\bi need to know(?!\w| who| what| when| where| why| how| which| if| whether)|^news\b",
            r"\bperdi\b|\bde novo\b|\bnovidades\b|\ba par\b|\bestive\b|\bpor ler\b|\bvoltei\b",
            r"\b(?:para|de|por) mim?\b",
            r"\batualiz\w+[- ]me\b|\bme atuali\w+|\benquanto (?:eu )?est\w+|\bnao li\b|\bcheguei\b",
            r"\bminhas mencoes\b|\benquanto eu\b|\bme (?:mencion|cham|respond|marcar)\w+",
            r"\b(?:respond|mencion)\w+-me\b",
            r"\bme (?:he )?perd\w+|\bde nuevo\b|\bnovedades\b|\bponme al dia\b|\bmientras\b|\bsin leer\b",
            r"\bhe vuelto\b",
            r"\bactualizame\b|\bno (?:he leido|lei)\b|\bacabo de (?:llegar|volver)\b|\bmis menciones\b",
            r"\bestuve (?:de|fuera)\b|\bme (?:menciono|llamo|necesita|han|ha)\b",
            r"\bverpasst\b|\b(?:gibt es|was).*\bneues?\b|\bneuigkeiten\b|\bmich (?:\w+ ){0,3}stand\b",
            r"\bwahrend ich\b|\bungelesen|\bnicht gelesen\b|\bnicht da\b|\bauf dem laufenden\b",
            r"\bmeine erwahnungen\b",
            r"\bich bin zuruck\b|\bim urlaub\b|\bfur mich\b|\bnach mir\b|\b(?:braucht|hat) mich\b",
            r"\bmich gerufen\b|\bhat mir\b",
            r"\bj'ai (?:manque|rate|loupe)|\bai-je (?:manque|rate)|\bquoi de neuf\b|\bau courant\b|\bmon absence\b",
            r"\bdu nouveau\b|\bdes nouvelles\b|\b(?:m'a|m'ont|m'a-t-on)\b|\bnon lus?\b",
            r"\bpas (?:encore )?lus?\b|\bmes mentions\b|\bj'etais (?:absent|pas|en)|\bpas la\b",
            r"\bviens d'arriver\b",
            r"\bde retour\b|\bvacances\b",
            r"\bmets-moi a jour\b|\b(?:pour|de) moi\b",
        ),
    ),
    (
        "help",
        (
            r"^(?:parley )?h[ae]lp+(?: me)?(?: please)?$|\b(?:need|show)(?: me)?(?: some)? help\b",
            r"\bhelp (?:page|text)\b|\bhelp me$",
            r"\bwhat (?:else )?(?:can|do|could) you (?:do|know|offer)\b|\b(?:who|what) are you\b",
            r"\bhow (?:do|can) you (?:work|help)\b",
            r"\bhow (?:do|can|to|should) (?:i |we )?(?:use|talk to|ask|work with) (?:you|this|parley|it)\b",
            r"\bhow to use\b",
            r"\bhow does (?:this|it|the bot|parley|this bot)(?: \w+)? ?work\b|\bcommands?\b",
            r"^(?:usage|menu|options|manual|features|docs?|documentation|tutorial|examples)\??$",
            r"\bget(?:ting)? started\b",
            r"\b(?:which|what) languages\b|\blanguages (?:do|can) you\b",
            r"\b(?:que|quais|cuales) (?:linguas|idiomas)\b",
            r"\bwelche sprachen\b|\b(?:quelles|en quelles) langues\b",
            rf"{HOW_DO_I} .*\b(?:with|from|using|to) you\b",
            rf"{HOW_DO_I} (?:ask|get|request|phrase|make)\b.*\b(?:summary|recap|translation|mood|question|you)\b",
            r"\bwhat (?:do|should|must|can|could) i (?:type|write|say|enter|ask)\b|\bmy options\b",
            r"\byou(?:'re| are) (?:capable|able|good|made)\b",
            r"\b(?:list|overview) of (?:\w+ )?(?:features|functions)\b",
            r"\bwhat(?:'s| is) th(?:is|e) (?:bot|assistant|thing)\b",
            r"\byou (?:remember|know|store|keep) (?:\w+ )?about me\b",
            r"\b(?:your|what) (?:capabilities|features|purpose|functions|skills|limits|documentation|docs|options)\b",
            r"^capabilities$|\binstructions\b",
            r"\bmanual\b",
            r"\b(?:introduce|explain) yourself\b|\bare you a(?:n ai| (?:ro)?bot)\b",
            r"\b(?:what|how) you (?:can |are able to )?(?:do|work)\b",
            r"\buse you\b|\bwhat can i (?:ask|say|do|tell)\b|\bwhat (?:is|does) parley\b",
            r"\bhow do i (?:start|begin)\b|^getting started",
            r"\bwhat kind of things\b|\b(?:show me|see) the menu\b|\bdocs for (?:this|you)\b|\bwhat are you\b",
            rf"^{GREETING}(?: there| parley| all)?$",
            r"\bajuda(?:r-me|-me)?\b|\bsabes fazer\b|\bpodes fazer\b|\b(?:isto|tu) funcionas?\b|\bquem es\b",
            r"\bcomandos\b",
            r"\bcomo (?:faco|fazer|posso|peco|pido|hago|puedo)\b.*\b(?:resum\w+|traduc?\w+|pergunta|pregunta)\b",
            r"\b(?:posso|puedo) te (?:perguntar|preguntar|pedir)\b|\bposso (?:te|lhe) perguntar\b",
            r"\bte uso\b|\binstru(?:coes|cciones)\b|\bo que es\b|\bpara que s[ie]rves\b|\bes um robo\b",
            r"\bcomo usar\b",
            r"\bte (?:posso|puedo) (?:perguntar|preguntar|pedir)\b|\bo que e o parley\b",
            r"\bayuda(?:rme|me)?\b|\bsabes hacer\b|\bpuedes hacer\b|\bfunciona(?:s)? esto\b|\bcomo funcionas\b",
            r"\bquien eres\b",
            r"\bque eres\b|\beres un (?:ro)?bot\b|\bque es parley\b",
            r"\bhilfe\b|\bmir helfen\b|\bwas kannst du\b|\bw(?:as|er) bist du\b",
            r"\bfunktioniert (?:das|du|dieser bot)\b|\bbefehle\b",
            r"\b(?:benutze|nutze|verwende) ich dich\b|\banleitung\b|\bwofur bist du\b|\bwozu bist du\b",
            r"\bdu (?:funktionierst|kannst)\b|\bwie (?:bitte|bekomme|frage|stelle) ich\b|\bbist du ein\b",
            r"\bwas ist parley\b",
            r"\bdich fragen\b|\bwie das (?:geht|funktioniert)\b",
            r"^(?:a l')?aide\b|\bd'aide\b|\bm'aider?\b|\bsais-tu faire\b|\bpeux-tu faire\b",
            r"\b(?:ca|tu) marches?\b|\bqui es-tu\b",
            r"\bcommandes\b|\bt'utiliser\b|\bmode d'emploi\b|\bce que tu es\b|\btu sers\b|\bes-tu un\b",
            r"\bm'en servir\b|\bcomment (?:demander|poser|obtenir)\b",
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
            rf"^(?:en|pt|es|de|fr|{LANGUAGES}) ?(?:-+>|=+>|→|>) ?(?:en|pt|es|de|fr|{LANGUAGES})\b",
            r"\btranslat\w+|\btradu[zct]\w*|\btraduis\b|\btraduire\b|\bubersetz\w*|\binterpret (?:this|that)\b",
            r"\bhow (?:do|would|does|can|could|to|is|should)\b.*\b(?:say|said|spell|write|called)\b(?!.*\babout\b)",
            rf"{NOT_ASKED}.*\b(?:in|into|to|auf|ins|en|em|para|al|a|nach|from|version)\b (?:the )?{LANGUAGES}\b",
            rf"\b{LANGUAGES} (?:word|translation|version|for|please)\b|^{LANGUAGES}\b",
            rf"\bmake (?:this|it|that) {LANGUAGES}\b",
            rf"\b(?:don't|do not|can't|cannot) (?:speak|understand|read)\b.*\b{LANGUAGES}",
            r"\bin (?:my|our|another) (?:own )?language\b|^(?:en|pt|es|de|fr)$",
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
            r"\b(?:mood|sentiments?|vibes?|atmosphere|morale|spirits|tone|feelings?|emotions?|emotional\w*)\b",
            r"\b(?:negative|positive|angry|happy) (?:messages?|posts?|comments?)\b|\breactions?\b|\bsatisfied\b",
            rf"\bhow (?:do|does|did|are|is|have) {PEOPLE} (?:take|taking|react\w*|respond\w*|receive\w*|doing)\b",
            rf"\b(?:do|does|did) {PEOPLE} (?:really )?(?:like|love|hate|enjoy|dislike|mind)\b",
            r"\b(?:feel|feels|felt)\b(?! free)|\bsounds?\b|\b(?:come|comes|coming) across\b",
            r"\bgo(?:es)? down with\b|\bthis read\b",
            rf"\b(?:is|are|was|were|does|do|did|seem|how)\b (?:{PEOPLE}|{THING})(?:\b.*)?\b{FEELING}",
            rf"\b{PEOPLE} (?:seem |look |all )*{FEELING}|\bis everyone ok",
            rf"\b(?:is|was|does|would|how)\b.*\b{MANNER}|\bhow {FEELING} (?:is|are|was|were) {PEOPLE}",
            r"\bo clima\b|\breac(?:ao|coes|oes|cion|ciones)\b|\bles? gusta\b|\bgosta(?:m|ram|ndo)\b|\bquejas\b",
            r"\breclamacoes\b",
            r"\bo ambiente\b|\bambiente\b|\bhumor\b|\banimo\b|\bmoral\b",
            r"\b(?:o )?tom (?:de|da|do|deste|desta)\b|\btono?\b",
            r"\b(?:soa|suena|sonne|klingt)\b|\bse sent(?:e|em|ent|iu)\b|\bse siente[n]?\b",
            r"\b(?:isto|esto|ca) (?:parece|parait)\b",
            r"\bsentimentos?\b|\bsentimientos?\b|\bpositiv[oa]s?\b|\bnegativ[oa]s?\b|\bestao todos bem\b",
            r"\bestan todos bien\b",
            rf"\b(?:esta|estao|estan|anda)\b.*\b{FEELING}\b.*\b{PEOPLE}|\b{PEOPLE}\b.*\b{FEELING}",
            r"\breaktion\w*\b|\bgefall(?:t|en)\b|\bmogen (?:die|alle|sie)\b|\bbeschwer\w+|\bgemeckert\b",
            r"\bkam\b.*\ban$",
            r"\bstimmung\w*|\blaune\b|\bfuhl(?:en|t)\b|\bgeht es (?:allen|den|dem|euch)\b",
            r"\bton (?:hat|dieser|de|des)\b",
            r"\bwelchen ton\b|\bder ton\b|\bwirkt (?:das|es)\b|\bpositiv\b|\bnegativ\b",
            rf"\b(?:die leute|das team|alle)\b.*{FEELING}|\bsind alle\b",
            r"\breactions?\b|\breaction\b|\baiment\b|\bplaintes\b|\betat d'esprit\b|\bmoral\b",
            r"\bambiance\b|\bhumeur\b|\b(?:le|quel) (?:est le )?ton\b|\bse sentent\b|\bpositif\b|\bnegatif\b",
            r"\bva bien\b",
            rf"\b(?:les gens|l'equipe|des gens)\b.*{FEELING}|\bvivent-ils\b",
        ),
    ),
    (
        "ask",
        (
            rf"^(?:remind me|tell me|find out|i (?:forg[oe]t|wonder|need to know|want to know)|do you know) {WHAT}\b",
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
            r"\bsumm?[ae]r\w+|\bsynopsis\b|\bupshot\b|\bessence\b|\bcliff ?notes\b|\babridged?\b",
            r"\bbottom line\b|\bcompress\b",
            r"\b(?:open questions|action points|to-?dos|main (?:ideas|topics|points))\b",
            r"\b(?:meeting )?notes (?:of|from|out)\b",
            r"\b(?:in|into|to|in) (?:\w+ ){1,2}(?:sentences?|lines?|bullets?|points?|paragraphs?)\b",
            r"\bbullet points?\b",
            r"\bsum(?:ming)?\b.*\bup\b|\bsum up\b|\btl;?dr\b|\brecap\b|\bgist\b|\btake-?aways?\b",
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
            r"\bo que (?:aconteceu|rolou|houve|se passou)\b(?! (?:com|ao?)\b)|\bdestaques\b|\bideias principais\b",
            r"\bresum\w*|\bapanhado\b|\bpontos[- ](?:principais|chave)\b|\bprincipais pontos\b|\bessencial\b",
            r"\bse falou\b|\bdecisoes\b",
            r"\bsobre o que\b|\bfoi decidido\b|\bse (?:disse|passou|decidiu)\b|\bpoucas palavras\b",
            r"\bversao curta\b|\bsintese\b",
            r"\bque (?:ha )?pas(?:o|ado)\b(?! con\b)|\bdestacados?\b|\bideas (?:principales|clave)\b",
            r"\bpuntos (?:principales|claves?)\b|\besencial\b|\bse hablo\b|\bde que (?:va|trata)\b",
            r"\bse (?:decidio|dijo)\b",
            r"\bque (?:ha )?paso (?:aqui|ayer|hoy)\b|\bdecisiones\b|\bpocas palabras\b|\bversion corta\b",
            r"\bsintesis\b",
            r"\bkern(?:aussage|punkt)\w*|\bhohepunkte\b|\bstichpunkt\w*|\bdas wichtigste\b|\bin kurze\b",
            r"\bfazit\b|\bprotokoll\b",
            r"\bwas (?:war|ist)\b.*\b(?:los|passiert)\b|\boffene[n]? fragen\b",
            r"\bzusammen\w*|\bfasse?\b|\b(?:wichtigsten|haupt)\s?punkte\b|\bworum geht\b|\bworuber\b",
            r"\bwesentliche\b|\buberblick\b",
            r"\bwurde (?:\w+ )*(?:entschieden|beschlossen|besprochen)\b|\bentscheidungen\b",
            r"\bkurz(?:fassung| gesagt)\b",
            r"\bwas (?:war|ist) hier\b|\bhier \w+ los\b",
            r"\b(?:temps forts|faits marquants|grandes lignes|compte rendu|idees principales)\b|\brecap\w*",
            r"\b(?:que s'est-il|qu'est-ce qui s'est) passe\b(?! avec)|\bquestions ouvertes\b",
            r"\bsynthese\b|\bpoints (?:principaux|cles|importants)\b|\ba-t-on parle\b|\bde quoi parle\b",
            r"\bessentiel\b",
            r"\bete decide\b|\bdecisions\b|\ben bref\b|\bversion courte\b",
            r"\bs'est(?:-il)? (?:passe|dit) (?:ici|hier|aujourd)",
        ),
    ),
)
