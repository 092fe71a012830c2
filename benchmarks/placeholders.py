"""Which form of placeholder the starter's translation models copy unchanged: why nlp/text/masking.py has `XX1`.

    python benchmarks/placeholders.py

Puts each form into the gaps of a few dozen sentences in both directions and counts the translations in which every
placeholder came back exactly once. Needs the extra `starter`.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nlp.core import Core
from nlp.profiles import profile

FORMS = (
    *("<{}>", "[{}]", "({})", "{{{}}}", "@{}", "#{}", "${}", "%{}", "§{}", "⟦{}⟧", "__{}__"),
    *("X{}", "X_{}", "XX{}", "W{}W", "ID{}", "URL{}", "QZ{}", "BR-{}", "n{}.html"),
)
SENTENCES = {
    ("en", "pt"): (
        "Can you ask _ to review _ before the release?", "I moved the report to _ and told _ about it.", "Thanks _!",
        "_ said that _ is broken again.", "Please read _ first.", "The meeting with _ starts in _.", "_: who did it?",
        "We deployed _ to production, _ is watching.", "_ and _ will join us later.", "Who changed _ yesterday?",
        "Look at _, it explains why _ fails when _ is empty.", "It costs _ per month, but _ is free.", "It takes _.",
    ),
    ("pt", "en"): (
        "Você pode pedir para _ revisar _ antes do lançamento?", "Eu movi o relatório para _ e avisei _.",
        "Obrigado _!",
        "_ disse que _ quebrou de novo.", "Por favor, leia _ primeiro.", "A reunião com _ começa em _.", "_: quem fez?",
        "Subimos _ para produção, _ está de olho.", "_ e _ vão chegar mais tarde.", "Quem mudou _ ontem?",
        "Veja _, explica por que _ falha quando _ está vazio.", "Custa _ por mês, mas _ é grátis.", "Leva _.",
    ),
}  # fmt: skip
FIRST_NUMBERS = (1, 4, 7)


def filled(sentence: str, form: str, first: int) -> tuple[str, list[str]]:
    """A sentence with placeholders in its gaps, and those."""
    gaps = [form.format(first + i) for i in range(sentence.count("_"))]
    parts = sentence.split("_")
    return parts[0] + "".join(gap + part for gap, part in zip(gaps, parts[1:], strict=True)), gaps


async def kept(core: Core, form: str) -> tuple[int, int]:
    """How many sentences came back with every placeholder once, and of how many."""
    right = total = 0
    for (source, target), sentences in SENTENCES.items():
        cases = [filled(sentence, form, first) for sentence in sentences for first in FIRST_NUMBERS]
        made = await core.translate([text for text, _ in cases], source, target)
        right += sum(
            all(each.text.count(gap) == 1 for gap in gaps) for each, (_, gaps) in zip(made, cases, strict=True)
        )
        total += len(cases)
    return right, total


async def main() -> None:
    """Print the share for each form, best first."""
    async with Core(profile("starter")) as core:
        results = [(*await kept(core, form), form) for form in FORMS]
    for right, total, form in sorted(results, reverse=True):
        print(f"{form.format(1):10} {right:3} of {total}")


if __name__ == "__main__":
    asyncio.run(main())
