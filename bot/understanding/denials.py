"""Words of chat that asks Parley for nothing, in English, Portuguese, Spanish, German and French: a table of patterns.

Wishes that are denied ("don't summarise that"), what people do themselves ("I'll translate it"), thanks, and the small
words between people. They meet text as `bot.understanding.patterns` says, and come before all other patterns.
"""

ACT = (
    r"(?:summ?[ae]ri[sz]\w*|recap\w*|sum\w* (?:\w+ )?up|translat\w*|catch\w* (?:me|us) up|look\w* (?:it|that"
    r"|this) up)"
)
SAID = r"(?:summar(?:y|ies)|recaps?|translations?|tl;?drs?|digests?)"
WORK = r"(?:summar(?:y|ies)|recaps?|translations?|mood reports?|reports?|tl;?dr|digest)"
NOT_INSTEAD = r"(?!.*\b(?:instead|but|just|only|rather)\b)"
BY = (
    r"(?:'ll|'d better| will| shall| won't|'m going to| am going to|'m|'re| are| am|'ve| have| had| must| could"
    r"| already| just)"
)
BY_OTHERS = r"(?:is|are|was|were|has|have|had|will|already|should|must|had to)"
ASKS_ON = (
    r"(?!.*(?:\?$|\b(?:now|but|next|and then|could you|can you|please|agora|mas|ahora|pero|jetzt|aber|kannst"
    r"|maintenant|mais|peux|make (?:it|that)|shorten|redo)\b))"
)
LATER_DE = (
    r"morgen|spater|selbst|selber|abend|gestern|schon|bereits|gerade|noch|letzte\w*|(?:mon|diens|donners|frei|sams"
    r"|sonn)tag"
)
NOUN = (  # of what Parley makes, in five languages
    r"(?:summar(?:y|ies)|recaps?|translations?|resumos?|resumen(?:es)?|resumes?|traduc(?:ao|oes|cion|ciones)|traductions?"
    r"|zusammenfassung(?:en)?|ubersetzung(?:en)?)"
)
LANGUAGE = "langname"  # what the classifier writes in place of every language's name
NO_NEED_SAID = (
    r"^(?!.*(?:\?$|\b(?:need|want|please|give|can you|could|now|preciso|quero|faz|necesito|quiero|haz|brauche|mochte"
    r"|mach|bitte|besoin|veux|fais|but|mas|pero|aber|mais)\b)).*"
)
TOLD_EN = r"(?:wrote|made|posted|put|shared|sent|left|read|got|liked|loved|hated|saw|had|enjoyed|printed)"
TOLD = (
    r"(?:escrevi|fiz|pus|deixei|mandei|li|gostei|gostou|gostaram|adorei|adoraram|recebi|escribi|hice|puse|deje|mande"
    r"|lei|gusto|gustaron|encanto|recibi|mochten?|liebten?|fand(?:en)?)"
)
TOLD_FR = r"(?:j'ai|a|ont|avons) (?:\w+ )?(?:mis|ecrit|fait|lu|aime|adore|vu|recu|poste|laisse|partage)"
WORKING = (  # on a translation or a summary
    r"(?:tradu[zc]i\w+|traduz(?:ir|indo)|resum(?:ir|indo|iendo|er|iert|ieren)|traduire|ubersetz(?:t|en)|zusammen(?:fassen|gefasst))"
)
WANTS = r"(?:quero|queria|preciso|gostaria|necesito|quiero|veux|voudrais|will|mochte|brauche)"
PRAISE = r"(?:nice|great|good|lovely|perfect|excellent|brilliant|awesome|amazing|cool|neat|decent|fantastic|well)"
SMALL = (
    r"(?:lo+l|rofl|lmao|ok(?:ay|ey)?|okey dokey|kk?|(?:ha){2,}h?|hah|(?:he){2,}|heh|hm+|um+|uh+|ah+|oh+|ow|ouch"
    r"|aww*|ye[ap]h?|yup|yes|no|nope"
    r"|nah|sure|cool|nice|great|perfect|awesome|wow|oops|damn|done|agreed|indeed|true|right|fine|good|np|brb|afk"
    r"|ty|thx|cheers|sorry"
    r"|congrats?|nvm|me too|same(?: here)?|got it|gotcha|will do|on it|sounds good|makes sense|my bad|fair enough"
    r"|of course|exactly"
    r"|whatever|typo|bye|later|wtf|omg|oh well|welcome|tata|thanks|thank you|lgtm|gg|yay|yikes|ugh|phew|meh|nvm|idk|rip"
    r"|woo+(?:hoo+)?|sweet|deal|noted|copy that|no worries|no problem|my pleasure|good luck|cheers"
    r"|sim|nao|ta|ta bom|beleza|blz|pois|pois e|claro|certo|feito|entendi|percebi|concordo|fixe|bom|otimo|boa"
    r"|k{3,}|(?:rs)+|tranquilo|valeu|vlw|obrigad[oa]|falou|show(?: de bola)?|massa|joia|tchau|tmj|combinado|fechado"
    r"|si|vale|venga|(?:ja){2,}|bueno|bien|genial|hecho|listo|entendido|de acuerdo|perfecto|perfeito|gracias"
    r"|guay|adios|chao"
    r"|ja|nein|no|jo|genau|gut|super|perfekt|fertig|erledigt|verstanden|stimmt|passt|schade|klar|alles klar|tja"
    r"|puh|danke|bitte|tschuss|ciao|okidoki|prima|klasse|spitze|jawohl|na gut|ach so|mist"
    r"|oui|non|ouais|d'accord|dac|mdr|bon|parfait|fait|compris|exact|dommage|nickel|ouf|tiens"
    r"|merci|salut|ciao|top|ca marche|pas de souci|entendu|zut|genial)"
)
_VERY = r"(?:very|so|really|such a|what a|muito|muy|que|tres|sehr|wirklich)"
_PRAISED = (
    r"(?:good|bad|nice|great|lovely|clever|smart|silly|stupid|perfect|excellent|awesome|amazing|brilliant|wonderful"
    r"|kudos|congrats|thanks|bom|boa|mau|ma|otim[oa]|excelente|parabens|legal|fixe|buen[oa]?|mal[oa]?|genial|gut(?:er)?"
    r"|brave[rn]?|schlechter?|toller?|super|dummer?|bon(?:ne)?|gentil|mauvais|magnifique)(?: (?:job|work|one|trabalho"
    r"|trabajo|travail|arbeit))?"
)
_DONE = (
    r"(?:(?:well|nicely|great|nice) done|bravo|bem feito|mandou (?:muito )?bem|bien hecho|gut gemacht"
    r"|bien (?:joue|fait)|beau travail|muito bem|muy bien|sehr gut|tres bien|adorei|adoro|me encanta|j'adore)"
)
_BOT = r",? (?:(?:ro)?bot(?:inho)?|robo|parley|buddy|mate|amig[oa]|maschine)"
_BEST = (
    r"(?:the best|great|awesome|amazing|brilliant|super|useful|helpful|so good"
    r"|a (?:star|hero|legend|lifesaver|genius|gem)|o melhor|a melhor|demais|incrivel|otim[oa]|top|el mejor|la mejor"
    r"|genial|der beste|die beste|toll|klasse|spitze"
    r"|le meilleur|la meilleure|geniale?)"
)
PRAISE_ALONE = (  # said to a bot: it asks for nothing, whatever else its words are used for
    rf"(?:{_VERY} )?{_PRAISED}{_BOT}"
    rf"|{_DONE}(?:{_BOT})?"
    rf"|(?:you(?:'re| are)|du bist|voce e|tu es|es|eres|vous etes|that(?:'s| is| was)|this is) (?:{_VERY} )?{_BEST}"
    rf"(?:{_BOT})?"
    rf"|(?:you (?:really )?(?:rock|rule)|(?:i )?(?:love|loving) (?:it|this|you)|voce arras(?:a|ou))(?:{_BOT})?"
)

NOTHING = (
    # Wishes that are denied.
    (
        r"(?<!why )\b(?:don't|do not|dont|never|no need to|needn't|need not|let's not|stop|quit|not (?:have|need"
        rf"|necessary) to|rather not)\s(?!forget|just|only|miss)(?:\w+ ){{0,3}}?{ACT}{NOT_INSTEAD}"
    ),
    (
        r"\b(?:refrain from|hold off (?:on )?|(?:rather|prefer (?:it )?if) you (?:didn't|did not)"
        rf"|cancel)\b (?:\w+ ){{0,3}}?(?:{ACT}|{WORK}){NOT_INSTEAD}"
    ),
    (
        r"\b(?:no|skip (?:the|this|that|your)|forget (?:the|about the)|never ?mind the|no need for (?:a|the|any)"
        r"|(?:don't|do not|won't|wouldn't) (?:need|want|like)(?: a| any| the| another)?|nobody asked (?:you )?for (?:a"
        rf"|the)|rather not have (?:a|the)) (?:more )?(?:\w+ )?{WORK}\b{NOT_INSTEAD}"
    ),
    (
        r"(?<!why )\b(?:don't|do not|dont|never|no need to|stop|quit)\s(?!forget|just|only|miss|like|love)"
        rf"(?:\w+ ){{0,3}}?{SAID}\b{NOT_INSTEAD}"
    ),
    (
        r"\b(?:didn't|did not|never|haven't|wasn't|nobody|no one)\s(?:\w+ ){0,2}?"
        rf"(?:ask(?:ed|ing)?|order(?:ed)?|request(?:ed)?)(?: you)? (?:for|to)\b(?: \w+)? (?:{SAID}|{ACT})\b"
        rf"{NOT_INSTEAD}"
    ),
    (
        r"\bnao? (?:te )?ped[ia]\w* (?:\w+ ){0,2}?(?:resum|trad)\w*"
        r"|\bn'ai (?:pas|rien|jamais) demande\b|\bhabe (?:dich )?nicht (?:\w+ ){0,3}?(?:gefragt|gebeten)\b"
        r"|\bwasn't (?:asking|talking to) you\b"
    ),
    r"^(?:ignore|never ?mind|forget it|forget about it|not now|not you\b|no thanks|no thank you)",
    (
        r"\bnao (?!falo|percebo|entendo|entendi|sei|li\b|tenho|consigo)(?:\w+ ){0,3}?(?:resum\w*|traduz\w*"
        r"|traduc\w*)\b"
    ),
    (
        r"\b(?:sem|dispens\w+ (?:o|a)|nenhuma?|esquece (?:o|a)|para(?:r)? de|deixa de) (?:\w+ )?(?:resum\w*|traduz\w*"
        r"|traducao)\b"
    ),
    r"^(?:esquece|deixa(?: estar| la)?$|agora nao|nao,? obrigad)|\bninguem (?:te )?pediu\b",
    (
        r"\b(?:no|sin|nunca|deja de|dejar de|olvida (?:el|la)|paso (?:del|de la)) (?!entiendo|hablo|entendi|se\b|lei"
        r"|tengo|puedo)(?:\w+ ){0,3}?(?:resum\w*|traduc\w*|traduzc\w*)\b"
    ),
    r"^(?:olvidal[oa]|dejal[oa]|ahora no|no,? gracias)|\bnadie (?:te )?(?:ha pedido|pidio)\b",
    r"\b(?:nicht|kein\w*|nichts)\b (?:\w+ ){0,2}?(?:zusammen\w*|(?:zu )?ubersetz\w*)\b",
    r"\b(?:ubersetz\w*|fass\w*|mach\w*) (?:\w+ ){0,3}?(?:nicht|keine?)\b(?: (?:zusammen\w*|ubersetz\w*))?",
    (
        r"\bhor auf\b.*\bubersetz\w*|^(?:vergiss|lass) (?:es|die|das)\b|^(?:jetzt nicht|nein,? danke)"
        r"|\bniemand hat (?:\w+ ){0,3}gefragt\b|\bauf (?:die|eine) (?:zusammenfassung|ubersetzung) verzichte\b"
    ),
    r"\bn(?:e |')(?:\w+ ){0,2}?(?:resum\w*|tradui\w*|fais)\b.*\b(?:pas|rien|plus)\b",
    (
        r"\b(?:pas|inutile|arrete|oublie|passe) (?:besoin )?(?:de |d'|le |la |du )(?:\w+ )?(?:resum\w*|tradui\w*"
        r"|traduction)\b"
    ),
    (
        r"\bn(?:e |')(?:ai |as |a |veux |veut )(?:\w+ )?pas (?:besoin )?(?:de |d')(?:\w+ )?(?:resum\w*|tradui\w*"
        r"|traduction)\b"
    ),
    r"^(?:laisse(?: tomber)?|pas maintenant|non merci)\b|\bpersonne n'a demande\b",
    # Things that people did or will do themselves.
    rf"^(?:i|we|he|she|they){BY} (?:\w+ ){{0,3}}?{ACT}(?!.*\?$)",
    r"^(?:i|we|he|she|they) (?:\w+ )?(?:summari[sz]ed|translated|recapped)\b(?!.*\?$)",
    (
        rf"^(?!who|what|which|how|where|when|this|that|it\b)(?:the )?\w+ {BY_OTHERS} (?:\w+ )?(?:translat|summari[sz]"
        r"|recap)\w*\b(?!.*\?$)"
    ),
    (
        r"\b(?:the|my|your|that|this) (?:summary|recap|translation)\b (?:\w+ ){0,2}?(?:was|missed|misses|got|left"
        r"|helped|saved|is (?:in|at|on)\b)(?<!what)(?!.*\?$)"
    ),
    (
        r"^(?:eu |a gente |nos )?(?:vou|vamos|vai|ja|amanha|ainda (?:tenho|temos) (?:de|que))(?: \w+){0,2}? (?:resum"
        r"|traduz|traduc)\w+(?!.*\?$)"
    ),
    (
        r"^(?:yo )?(?:voy a|vamos a|va a|ya|manana|todavia tengo que)(?: \w+){0,2}? (?:resum|traduc|traduzc"
        r"|traduj)\w+(?!.*\?$)"
    ),
    (
        rf"^(?=.*\b(?:{LATER_DE})\b)(?:ich|wir|er|sie|\w+ hat|das|den \w+) (?:\w+ ){{0,6}}?(?:zusammengefasst"
        r"|zusammenfassen|ubersetz\w*|zusammen)\b(?!.*\?$)"
    ),
    (
        r"^(?:morgen|spater|nachher|heute abend) (?:fasse?|ubersetzen?) (?:ich|wir)\b|^(?:das|die"
        r"|den) (?:\w+ )?(?:fasse|ubersetze) ich\b"
    ),
    (
        r"^(?:demain|plus tard) (?:je|on|nous) (?:le |la |les )?(?:resum|tradui)\w*|\b(?:eu mesm[oa]"
        r"|yo mism[oa]) (?:resum|trad)\w*"
    ),
    r"\b(?:eu mesm[oa]|yo mism[oa]) (?:\w+ ){0,3}?(?:resum|trad)\w*",
    r"^je (?:\w+ ){0,3}?(?:resum|trad)\w* .*moi-meme\b",
    (
        r"^(?:(?:i'm |still |just )?(?:reading|watching|writing|doing|finishing|checking|sharing|forwarding|printing)"
        r"|just (?:read|finished|saw|sent|saved|printed)|read|saw|saved|shared|forwarded|printed) (?:\w+ )?"
        rf"(?:the|your|that|my|this|our) (?:\w+ ){{0,2}}?{SAID}\b(?!.*\?$)"
    ),
    r"^(?:manana|luego|amanha|depois) (?:eu |yo |lo )?(?:resum|traduz|traduzc)o\b",
    (
        r"^(?:the|el|la|le|der|das|die|o|a|os|as) (?:\w+ )?(?:translated|traduzid[oa]s?|traducid[oa]s?|traduite?s?"
        r"|ubersetzte\w*)\b(?!.*\?$)"
    ),
    (
        r"^(?!who|what|when|where|which|wer|quem|quien|qui\b).*\b(?:translators?|tradutora?|traductora?"
        r"|ubersetzer(?:in)?|traducteur|traductrice)\b(?!.*\?$)"
    ),
    r"^(?!who|what|when|where|which)(?:the )?\w+ (?:translated|summari[sz]ed|recapped)\b(?!.*\?$)",
    # When something happened, told and not asked.
    (
        r"^(?:when|whenever) (?:i|we|he|she|they|it)\b(?!.*\?$)|^quando (?:cheg(?:uei|amos)|sai(?:mos)?|estav\w+|fui"
        r"|fomos|era)\b(?!.*\?$)"
    ),
    (
        r"^cuando (?:lleg(?:ue|amos)|sali(?:mos)?|estab\w+|fui|fuimos|era)\b(?!.*\?$)|^quand (?:je|j')(?!.*\?$)"
        r"|^als (?:ich|wir)\b(?!.*\?$)"
    ),
    (
        rf"^(?:je|j'ai|on|il|elle|nous)(?! ?(?:{WANTS}|veut|voulons|aimerais|me faut|nous faut)\b)"
        r" ?(?:vais|va|allons|ai|a|dois|ferai|deja)?(?: \w+){0,2}? (?:resum"
        r"|tradui)\w+(?!.*\?$)"
    ),
    # Thanks and verdicts.
    rf"^(?:(?:many|ok|oh|wow|cool) )?(?:thanks|thank you|thx|ty|cheers|much appreciated|sorry)\b{ASKS_ON}",
    (
        r"^(?:que |esse |este |muito |un |tres )?(?:bom|boa|otim[oa]|excelente|buena?|gran|genial|jolie?|bon(?:ne)?"
        r"|belle|gute|schone|tolle|super|top|prima|klasse|spitzen?|parfaite?|mega|lindo|belo|magnifique|estupendo"
        r"|fantastic[oa]|grossartige|wunderbare?) (?:resum\w+|traduc\w+|traduction|trabajo|trabalho|travail"
        rf"|zusammenfassung|ubersetzung|arbeit)\b{ASKS_ON}"
    ),
    (
        rf"^(?:\w+ |that's a |that was a |what a )?{PRAISE} (?:summary|recap|translation|job|work|one"
        rf"|answer)\b{ASKS_ON}"
    ),
    rf"^(?:muito |muitas )?(?:obrigad[oa]|brigad[oa]|valeu|vlw|agradec\w+|desculp\w+)\b{ASKS_ON}",
    rf"^(?:muchas |mil )?(?:gracias|perdon|lo siento|se agradece)\b{ASKS_ON}",
    rf"^(?:vielen |herzlichen )?(?:danke?|sorry|entschuldig\w+)\b{ASKS_ON}",
    rf"^(?:merci|pardon|desole\w*)\b{ASKS_ON}",
    (
        r"^(?:c'est|ca) (?:bon|parfait|top|nickel|note|clair|marche)\b(?: pour (?:moi|nous))?$"
        r"|^por (?:mi|mim) (?:bien|vale|tudo bem|ok)$|^(?:passt|gut|geht|ok) (?:fur|bei) (?:mich|mir|uns)$"
        r"|^(?:fine|works?|ok|good|great) (?:by|for|with) (?:me|us)$"
        r"|^(?:fur|por|para|pour) (?:mich|mim|mi|moi) (?:\w+ )?(?:ok|passt|bien|bem|bom)$"
    ),
    (
        r"^(?:o|a|esse|essa|este|esta|aquele|aquela|el|la|ese|esa|tu|die|diese|deine|le|ce|cette|ton|ta|the|that|this|your)"
        rf" (?:\w+ )?{NOUN} (?:\w+ ){{0,2}}?(?:ficou|foi|estava|esta|e|era|quedo|fue|estuvo|es|estaba|war|ist|wurde"
        rf"|klingt|etait|est|is|was|looks?|seems?|sounds?)\b{ASKS_ON}"
    ),
    rf"^(?:que|quel(?:le)?|was fur eine?|what an?) (?:\w+ )?{NOUN}(?: \w+){{0,2}}$",
    rf"^(?:ya )?(?:chega|basta|assez|genug|enough|no more|nunca mais|plus)(?: of)?(?: de| d')? (?:\w+ )?{NOUN}$",
    rf"^keine? {NOUN}(?: mehr)?$",
    (
        r"^(?:let's )?(?:deixa|deja|laisse|lass|leave|spar(?:t)?|erspar\w*|poupa\w*|ahorra\w*|epargne\w*)(?:-| )"
        rf"(?:(?:dir|mir|uns|euch|moi|nous|me) )?(?:(?:o|a|os|as|el|la|los|las|le|les|die|das|the|your) )?{NOUN}\b"
    ),
    (
        r"\b(?:don't|nao|no|ne|nicht|keine) (?:\w+ ){0,3}?(?:worry|bother|preocup\w+|molest\w+|incomod\w+|sorgen?)\b"
        rf"(?: \w+){{0,4}}? {NOUN}\b"
    ),
    rf"^(?:nobody|no one|ninguem|nadie|niemand|personne) (?:\w+ ){{0,4}}?{NOUN}\b(?!.*\?$)",
    r"^je suis en train de (?:\w+ )?(?:tradui|resum)\w+",
    (
        r"^(?:o |a |el |la |le |der |die )?(?!quem|quien|wer|qui\b|who|voce|tu\b|du\b|parley|usted|on\b)\w+ "
        r"(?:ja |ya |deja )?(?:esta(?: a)?|estao(?: a)?|estan|(?:est|sont) en train de|vai|va|van|vao|wird|werden) "
        rf"{WORKING}\b(?!.*\?$)"
    ),
    r"^(?!wer\b|du\b|ihr\b|parley)\w+ (?:ubersetzt|fasst) (?!mir|uns|bitte)(?!.*\?$)",
    (
        rf"\b(?:eu|yo|ich|je|nos|nosotros|wir) (?!{WANTS})(?:(?:o|a|lo|la|le|les|es|das) )?"
        r"(?:traduz(?:o|imos)|traduzco|traducimos|resum(?:o|imos)|ubersetzen?|traduis|(?<=je )resume)\b(?!.*\?$)"
    ),
    # What is told of a summary or a translation that is there.
    (
        r"^(?:[oa] |la |el )?(?:deine?|eure?|ihre?|tua?|teu|su|sua|seu|minha|meine?|ta|ton|votre|your|their|his|her"
        rf"|our|my) (?:\w+ )?{NOUN} (?!please|of|for|to|into|in|as|auf|ins|para|de|do|da|bitte|por|em|en|au|pour)"
        rf"\w+{ASKS_ON}"
    ),
    rf"{NO_NEED_SAID}\b(?:i|we|she|he|they) (?:just )?{TOLD_EN}\b.*\b{NOUN}\b",
    rf"{NO_NEED_SAID}\b{TOLD}\b.*\b(?!resumes?\b){NOUN}\b",
    rf"{NO_NEED_SAID}\b{TOLD_FR}\b.*\b{NOUN}\b",
    rf"{NO_NEED_SAID}\b(?:habe|hat|haben)\b.*\b{NOUN}\b.*\b(?:ge\w{{3,}}|\w+iert)$",
    rf"^(?:o )?(?:my|mein|meu|mi|mon) {LANGUAGE} (?:is|ist|esta|e|es|est)\b(?!.*\b(?:tra[nd]|ubersetz|please))",
    (
        r"\b(?:don't need|do not need|nao preciso(?: de)?|no necesito|brauche ich|ich brauche|n'ai besoin de)"
        r" (?:anything|nada|nichts|rien)\b"
    ),
    r"\b(?:just kidding|jk$|only joking|so a brincar|brincadeirinha|era broma|nur spass|je plaisant\w*|je rigole)",
    (
        r"^did i (?:\w+ )?ask\b|^(?:quem|quien) (?:perguntou|pregunto)\b"
        r"|^who (?:cares|asked|knows),?(?: (?:you|maybe|really|honestly|though|any ?more|about (?:that|it)))?$"
        r"|^wen (?:juckt|interessiert)"
    ),
    # The small words between people, and commands of other bots.
    (
        r"^(?:hello|hi|hey|good (?:morning|afternoon|evening|night)|ola|bom dia|boa (?:tarde|noite)|hola|buen[oa]s \w+"
        r"|hallo|guten? \w+|moin|salut|bonjour|bonsoir|bonne nuit),? (?:\w+ )?(?:all|everyone|everybody|guys|folks"
        r"|team|people|todos|todas|pessoal|malta|gente|zusammen|leute|alle|tous|tout le monde)$|^!\w"
    ),
    (
        rf"^{SMALL}(?:[ ,!.]+(?:{SMALL}|that|it|then|lol|now|you|for that|about that|all|everyone|guys|mate|so|much"
        r"|brilliant|amazing|excellent|classic"
        r"|dann|schon|ai|alors))*$"
    ),
)
