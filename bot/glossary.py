"""Words that are never translated, and words with a fixed translation: the owner's, and a workspace's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nlp.text.sentences import Glossary


@dataclass(frozen=True, slots=True)
class Terms:
    """One table of the configuration, or a workspace's own; an empty `workspace` or `target` means every one."""

    workspace: str = ""
    target: str = ""
    keep: tuple[str, ...] = ()
    translate: Mapping[str, str] = field(default_factory=dict)

    def serves(self, workspace: str, target: str) -> bool:
        """Return whether it holds for translations into `target` that are asked for in `workspace`."""
        return self.workspace in {"", workspace} and self.target in {"", target}


def glossary(tables: tuple[Terms, ...], workspace: str, target: str, names: frozenset[str] = frozenset()) -> Glossary:
    """Return all terms that hold there and people's names; of what two tables say of one term the later one's holds."""
    forced: dict[str, tuple[str, str]] = {}
    kept: dict[str, str] = {}
    for terms in (each for each in tables if each.serves(workspace, target)):
        for word in terms.keep:
            forced.pop(word.casefold(), None)
            kept[word.casefold()] = word
        forced |= {word.casefold(): (word, translation) for word, translation in terms.translate.items()}
    return Glossary(dict(forced.values()), frozenset(kept.values()), names)
