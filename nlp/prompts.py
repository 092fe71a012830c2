"""What instruction-following models are told. Templates are strict: a missing or a mistyped name is an error."""

from string import Template

SUMMARIZE = Template(
    "Summarise the conversation between the markers in plain sentences, in the language it is written in. Keep names, "
    "numbers, decisions and open questions. Use at most $words words and add nothing that isn't there.\n\n"
    "<conversation>\n$text\n</conversation>"
)
INSTRUCTED = Template("$instruction\n\n<conversation>\n$text\n</conversation>")
WORDS_PER_TOKEN = 0.6  # a cautious share, so that a summary ends before its limit in most languages


def summary_prompt(text: str, max_tokens: int, instruction: str = "") -> str:
    """The request for a summary of `text`, by the caller's own instruction where there is one."""
    if instruction:
        return INSTRUCTED.substitute(instruction=instruction, text=text)
    return SUMMARIZE.substitute(words=max(10, int(max_tokens * WORDS_PER_TOKEN)), text=text)
