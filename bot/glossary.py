"""The owner's words: terms that are never translated, and terms with a fixed one, per workspace and language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nlp.text.sentences import Glossary


@dataclass(frozen=True, slots=True)
class Terms:
    """One table of the configuration; an empty `workspace` or `target` means every one."""

    workspace: str = ""
    target: str = ""
    keep: tuple[str, ...] = ()
    translate: Mapping[str, str] = field(default_factory=dict)

    def serves(self, workspace: str, target: str) -> bool:
        """Return whether it holds for translations into `target` that are asked for in `workspace`."""
        return self.workspace in {"", workspace} and self.target in {"", target}


def glossary(tables: tuple[Terms, ...], workspace: str, target: str, names: frozenset[str] = frozenset()) -> Glossary:
    """Return all terms that hold there and people's names; of two translations of one term the later table's wins."""
    serving = [terms for terms in tables if terms.serves(workspace, target)]
    forced = {term: translation for terms in serving for term, translation in terms.translate.items()}
    return Glossary(forced, frozenset(word for terms in serving for word in terms.keep), names)
