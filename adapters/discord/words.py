"""Parley's own words on Discord in the languages of its clients: names, descriptions, buttons and short sentences.

A table and two ways to look things up. What isn't in it is said in English.
"""

from collections.abc import Mapping

import discord
from discord import app_commands

LOCALES: Mapping[str, str] = {"de": "de", "es-ES": "es", "es-419": "es", "fr": "fr", "pt-BR": "pt"}

# English: German, Spanish, French, Portuguese. Names of commands and options are lower case without spaces.
TABLE: Mapping[str, tuple[str, str, str, str]] = {
    # commands
    "summarize": ("zusammenfassen", "resumir", "résumer", "resumir"),
    "translate": ("übersetzen", "traducir", "traduire", "traduzir"),
    "ask": ("fragen", "preguntar", "demander", "perguntar"),
    "sentiment": ("stimmung", "ánimo", "ambiance", "humor"),
    "catchup": ("aufholen", "ponerse-al-día", "rattraper", "atualizar"),
    "help": ("hilfe", "ayuda", "aide", "ajuda"),
    "settings": ("einstellungen", "ajustes", "réglages", "definições"),
    "privacy": ("datenschutz", "privacidad", "confidentialité", "privacidade"),
    "report": ("bericht", "informe", "rapport", "relatório"),
    "health": ("gesundheit", "salud", "santé", "saúde"),
    "consent": ("zustimmung", "consentimiento", "consentement", "consentimento"),
    # their descriptions
    "Sum up this channel or thread, with links to what was said.": (
        "Fasst diesen Kanal oder Thread zusammen, mit Links zu den Nachrichten.",
        "Resume este canal o hilo, con enlaces a lo que se dijo.",
        "Résume ce salon ou ce fil, avec des liens vers les messages.",
        "Resume este canal ou tópico, com ligações ao que foi dito.",
    ),
    "Tell you what you missed here: who spoke to you, your threads, then the rest.": (
        "Sagt, was du hier verpasst hast: wer dich ansprach, deine Threads, dann der Rest.",
        "Cuenta lo que te perdiste aquí: quién te habló, tus hilos, luego lo demás.",
        "Dit ce que vous avez manqué ici : qui vous a parlé, vos fils, puis le reste.",
        "Conta o que perdeu aqui: quem lhe falou, os seus tópicos, depois o resto.",
    ),
    "Translate a text, or what was said here.": (
        "Übersetzt einen Text oder was hier gesagt wurde.", "Traduce un texto o lo que se dijo aquí.",
        "Traduit un texte ou ce qui a été dit ici.", "Traduz um texto ou o que foi dito aqui.",
    ),
    "Find the message that answers a question.": (
        "Findet die Nachricht, die eine Frage beantwortet.", "Encuentra el mensaje que responde a una pregunta.",
        "Trouve le message qui répond à une question.", "Encontra a mensagem que responde a uma pergunta.",
    ),
    "Say how a text sounds, or the mood of this channel.": (
        "Sagt, wie ein Text klingt oder wie die Stimmung hier ist.",
        "Dice cómo suena un texto, o el ánimo de este canal.", "Dit le ton d'un texte, ou l'ambiance de ce salon.",
        "Diz como soa um texto, ou o humor deste canal.",
    ),
    "Say what I can do.": (
        "Sagt, was ich kann.", "Dice qué puedo hacer.", "Dit ce que je sais faire.", "Diz o que sei fazer.",
    ),
    "Say whether I keep this channel; administrators turn it on or off.": (
        "Sagt, ob ich diesen Kanal speichere; Administratoren schalten es ein oder aus.",
        "Dice si guardo este canal; los administradores lo activan o desactivan.",
        "Dit si je garde ce salon ; les administrateurs l'activent ou non.",
        "Diz se guardo este canal; os administradores ligam ou desligam.",
    ),
    "Post this channel's mood on a schedule; administrators set or stop it.": (
        "Berichtet regelmäßig die Stimmung dieses Kanals; Administratoren stellen es ein.",
        "Publica el ánimo de este canal con regularidad; lo deciden los administradores.",
        "Publie régulièrement l'ambiance de ce salon ; les administrateurs décident.",
        "Publica regularmente o humor deste canal; os administradores decidem.",
    ),
    "Show what I store about you, forget it, or leave you out.": (
        "Zeigt, was ich über dich speichere, vergisst es oder lässt dich aus.",
        "Muestra qué guardo de ti, lo olvida o te deja fuera.",
        "Montre ce que je garde sur vous, l'oublie ou vous exclut.",
        "Mostra o que guardo sobre si, esquece-o ou deixa-o de fora.",
    ),
    "Show how I behave, or change it.": (
        "Zeigt oder ändert, wie ich mich verhalte.", "Muestra cómo me comporto, o lo cambia.",
        "Montre comment je me comporte, ou le change.", "Mostra como me comporto, ou muda-o.",
    ),
    "Say how I am: models, languages, and how much I have to do.": (
        "Sagt, wie es mir geht: Modelle, Sprachen und wie viel ich zu tun habe.",
        "Dice cómo estoy: modelos, idiomas y cuánto tengo que hacer.",
        "Dit comment je vais : modèles, langues et ce que j'ai à faire.",
        "Diz como estou: modelos, línguas e quanto tenho que fazer.",
    ),
    # options
    "text": ("text", "texto", "texte", "texto"),
    "question": ("frage", "pregunta", "question", "pergunta"),
    "words": ("worte", "palabras", "mots", "palavras"),
    "to": ("nach", "a", "vers", "para"),
    "from": ("von", "de", "de", "de"),
    "window": ("zeitraum", "período", "période", "período"),
    "channel": ("kanal", "canal", "salon", "canal"),
    "the language to translate into, such as pt or Portuguese": (
        "die Zielsprache, etwa pt oder Portugiesisch", "el idioma de destino, como pt o portugués",
        "la langue cible, par exemple pt ou portugais", "a língua de destino, como pt ou português",
    ),
    "the language it is in; guessed without it": (
        "die Sprache des Textes; sonst geraten", "el idioma del texto; si no, se adivina",
        "la langue du texte ; devinée sinon", "a língua do texto; adivinhada se faltar",
    ),
    "which messages, such as 2 days or last 100": (
        "welche Nachrichten, etwa 2 days oder last 100", "qué mensajes, como 2 days o last 100",
        "quels messages, par exemple 2 days ou last 100", "que mensagens, como 2 days ou last 100",
    ),
    "which messages, such as 2 days or last 20": (
        "welche Nachrichten, etwa 2 days oder last 20", "qué mensajes, como 2 days o last 20",
        "quels messages, par exemple 2 days ou last 20", "que mensagens, como 2 days ou last 20",
    ),
    "where to look, such as 2 days or last 100": (
        "wo gesucht wird, etwa 2 days oder last 100", "dónde buscar, como 2 days o last 100",
        "où chercher, par exemple 2 days ou last 100", "onde procurar, como 2 days ou last 100",
    ),
    "which channel; this one without it": (
        "welcher Kanal; sonst dieser", "qué canal; si no, este", "quel salon ; celui-ci sinon",
        "que canal; se faltar, este",
    ),
    "since when, such as yesterday; else since you were last here": (
        "seit wann, etwa yesterday; sonst seit du zuletzt hier warst",
        "desde cuándo, como yesterday; si no, desde tu última visita",
        "depuis quand, par exemple yesterday ; sinon depuis votre dernier passage",
        "desde quando, como yesterday; se faltar, desde a sua última visita",
    ),
    "the text": ("der Text", "el texto", "le texte", "o texto"),
    "the question": ("die Frage", "la pregunta", "la question", "a pergunta"),
    "language German, follow on, days 30 …": ("language German, follow on, days 30 …",) * 4,  # words as they are typed
    "weekly mon 9:00, stop …": ("weekly mon 9:00, stop …",) * 4,
    "on or off": ("on oder off", "on u off", "on ou off", "on ou off"),
    "out, in or forget": ("out, in oder forget", "out, in o forget", "out, in ou forget", "out, in ou forget"),
    # context menus and their form
    "Translate": ("Übersetzen", "Traducir", "Traduire", "Traduzir"),
    "Summarise from here": (
        "Ab hier zusammenfassen", "Resumir desde aquí", "Résumer à partir d'ici", "Resumir a partir daqui",
    ),
    "Ask about this": ("Hierzu fragen", "Preguntar sobre esto", "Poser une question", "Perguntar sobre isto"),
    "Your question": ("Deine Frage", "Tu pregunta", "Votre question", "A sua pergunta"),
    # buttons and sentences
    "Share": ("Teilen", "Compartir", "Partager", "Partilhar"),
    "Cancel": ("Abbrechen", "Cancelar", "Annuler", "Cancelar"),
    "Continue in a thread": (
        "In einem Thread weiter", "Seguir en un hilo", "Continuer dans un fil", "Continuar num tópico",
    ),
    "Ask again": ("Noch einmal fragen", "Preguntar de nuevo", "Redemander", "Perguntar de novo"),
    "Leave me out": ("Lass mich aus", "Déjame fuera", "Laissez-moi de côté", "Deixe-me de fora"),
    "Let me in again": ("Nimm mich wieder auf", "Inclúyeme otra vez", "Réintégrez-moi", "Inclua-me de novo"),
    "Forget me": ("Vergiss mich", "Olvídame", "Oubliez-moi", "Esqueça-me"),
    "Erase it": ("Löschen", "Borrarlo", "Effacer", "Apagar"),
    "Turn on": ("Einschalten", "Activar", "Activer", "Ligar"),
    "Turn off": ("Ausschalten", "Desactivar", "Désactiver", "Desligar"),
    "Stopped.": ("Abgebrochen.", "Detenido.", "Arrêté.", "Parado."),
    "That was already over.": (
        "Das war schon fertig.", "Eso ya había terminado.", "C'était déjà fini.", "Isso já tinha acabado.",
    ),
    "-# The answer is below, for everyone.": (
        "-# Die Antwort steht unten, für alle.", "-# La respuesta está abajo, para todos.",
        "-# La réponse est ci-dessous, pour tout le monde.", "-# A resposta está em baixo, para todos.",
    ),
    "That took too long for a private answer, and I may not write to you directly. Please ask again.": (
        "Das war zu lang für eine private Antwort, und direkt darf ich dir nicht schreiben. Bitte frag noch einmal.",
        "Eso tardó demasiado para responder en privado, y no puedo escribirte directamente. Pregunta otra vez.",
        "C'était trop long pour répondre en privé, et je ne peux pas vous écrire directement. Redemandez.",
        "Demorou demais para uma resposta privada, e não posso escrever-lhe diretamente. Pergunte de novo, por favor.",
    ),
    "There are no words in that message.": (
        "In dieser Nachricht stehen keine Worte.", "En ese mensaje no hay palabras.",
        "Il n'y a pas de mots dans ce message.", "Não há palavras nessa mensagem.",
    ),
    "You asked nothing.": (
        "Du hast nichts gefragt.", "No has preguntado nada.", "Vous n'avez rien demandé.", "Não perguntou nada.",
    ),
    "This button is from an earlier version of me.": (
        "Dieser Knopf stammt von einer früheren Version von mir.", "Este botón es de una versión anterior de mí.",
        "Ce bouton vient d'une version antérieure de moi.", "Este botão é de uma versão anterior minha.",
    ),
    "Please ask again.": (
        "Bitte frag noch einmal.", "Pregunta otra vez, por favor.", "Posez la question à nouveau, s'il vous plaît.",
        "Pergunte de novo, por favor.",
    ),
    "I don't know that command any more.": (
        "Diesen Befehl kenne ich nicht mehr.", "Ya no conozco ese comando.", "Je ne connais plus cette commande.",
        "Já não conheço esse comando.",
    ),
    "Type / to see those that I know.": (
        "Tippe /, um die zu sehen, die ich kenne.", "Escribe / para ver los que conozco.",
        "Tapez / pour voir celles que je connais.", "Escreva / para ver os que conheço.",
    ),
    "I may not open a thread here.": (
        "Ich darf hier keinen Thread öffnen.", "No puedo abrir un hilo aquí.", "Je ne peux pas ouvrir de fil ici.",
        "Não posso abrir um tópico aqui.",
    ),
    "Let's go on here; there is no need to mention me.": (
        "Machen wir hier weiter; ihr müsst mich nicht erwähnen.", "Sigamos aquí; no hace falta mencionarme.",
        "Continuons ici ; inutile de me mentionner.", "Continuemos aqui; não é preciso mencionar-me.",
    ),
    "Only who asked can stop this.": (
        "Nur wer gefragt hat, kann das abbrechen.", "Solo quien preguntó puede detenerlo.",
        "Seul l'auteur de la question peut arrêter.", "Só quem perguntou pode parar isto.",
    ),
}  # fmt: skip
COLUMNS = ("de", "es", "fr", "pt")


def say(english: str, locale: str) -> str:
    """The words in the language of a client's locale, such as `pt-BR`; in English where they aren't known."""
    row = TABLE.get(english)
    language = locale.partition("-")[0]
    return row[COLUMNS.index(language)] if row and language in COLUMNS else english


class Words(app_commands.Translator):
    """The table, for the names and descriptions of app commands."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The words in that locale; None, which means English, where the table has none."""
        del context
        if locale.value not in LOCALES or string.message not in TABLE:
            return None
        return say(string.message, LOCALES[locale.value])
