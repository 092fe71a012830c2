"""Finds the files of a published pair, loads them, and adds a downloaded pair to a folder of models.

A pair is `model.enpt.intgemm.alphas.bin` with `vocab.enpt.spm`, or with `srcvocab.enja.spm` and `trgvocab.enja.spm`;
each may be packed by gzip or zstd. The lexical shortlist `lex.….bin` and the quality model beside them aren't used.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp.firefox.conversion import build
from nlp.firefox.format import BadFile, parse, read_bytes
from nlp.firefox.modeling import Student
from nlp.firefox.tokenization import Pieces
from nlp.hub.pins import pin_of

MODEL = re.compile(r"(?!lex\.|quality)[^/]*\.bin(?:\.gz|\.zst)?", re.IGNORECASE)
VOCABULARY = re.compile(r"[^/]*\.spm(?:\.gz|\.zst)?", re.IGNORECASE)
LANGUAGES = re.compile(r"\.([a-z]{2})([a-z]{2})\.")


@dataclass(frozen=True, slots=True)
class PairFiles:
    """The files of one pair; `source` and `target` are the same vocabulary where both sides share one."""

    model: Path
    source: Path
    target: Path

    def load(self) -> tuple[Student, Pieces]:
        """Return the model and its tokenizer. Raises BadFile naming the file, OSError as reading does."""
        tokenizer = self._tokenizer()
        try:
            return build(parse(read_bytes(self.model)), tokenizer), tokenizer
        except BadFile as error:
            raise BadFile(f"{self.model.name}: {error}") from error

    def _tokenizer(self) -> Pieces:
        try:
            return Pieces(self.source, self.target)
        except BadFile as error:
            raise BadFile(f"{self.source.name}: {error}") from error


def find(paths: Iterable[Path]) -> PairFiles:
    """Pick a pair's files out of `paths`. Raises BadFile where there isn't exactly one pair."""
    paths = sorted(paths)
    models = [path for path in paths if MODEL.fullmatch(path.name)]
    vocabularies = [path for path in paths if VOCABULARY.fullmatch(path.name)]
    if len(models) != 1:
        raise BadFile(f"one model.*.bin file is needed, and there are {len(models)}")
    if len(vocabularies) == 1:
        return PairFiles(models[0], vocabularies[0], vocabularies[0])
    source = [path for path in vocabularies if path.name.startswith("src")]
    target = [path for path in vocabularies if path.name.startswith("trg")]
    if (len(source), len(target), len(vocabularies)) != (1, 1, 2):
        raise BadFile(f"one vocab.*.spm file is needed, or srcvocab and trgvocab, and there are {len(vocabularies)}")
    return PairFiles(models[0], source[0], target[0])


@dataclass(frozen=True, slots=True)
class AddedPair:
    """A pair that was added: its folder and its languages."""

    folder: Path
    source: str
    target: str

    def settings(self) -> str:
        """Return what the owner writes in the configuration to use it."""
        return (
            f'[[models.translate]]\nfamily = "firefox"\nmodel = "{self.folder.as_posix()}"\n'
            f'source = "{self.source}"\ntarget = "{self.target}"\nsha256 = "{pin_of(self.folder)}"\n'
        )


def add(files: Sequence[Path], folder: Path, source: str = "", target: str = "") -> AddedPair:
    """Check a downloaded pair by loading it and copy it, unpacked, into a folder of its own under `folder`.

    The languages are read from the model's name unless they are given. A pair that is there already is replaced.
    Raises BadFile with the reason, OSError as reading and writing do.
    """
    pair = find(files)
    named = LANGUAGES.search(pair.model.name)
    if not (source and target):
        if not named:
            raise BadFile(f"{pair.model.name} doesn't name its languages; give both with --from and --to")
        source, target = source or named[1], target or named[2]
    pair.load()
    home = folder / f"firefox-{source}-{target}"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".adding-") as space:
        unpacked = Path(space) / home.name
        unpacked.mkdir()
        for file in dict.fromkeys((pair.model, pair.source, pair.target)):
            (unpacked / file.name.removesuffix(".gz").removesuffix(".zst")).write_bytes(read_bytes(file))
        shutil.rmtree(home, ignore_errors=True)
        unpacked.replace(home)
    return AddedPair(home, source, target)
