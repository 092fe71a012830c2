"""One hash for all that a model is read from: every shard, configuration, tokenizer and adapter.

The hash is that of the manifest: a line for each file in the order of their names, as `sha256sum` writes it. Files that
nobody reads (READMEs, pictures, pickles beside safetensors) don't count.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
PICKLES = frozenset({".bin", ".pt", ".pth", ".pkl", ".ckpt"})  # endings of files that may run code where they are read
READ = (".safetensors", ".json", ".txt", ".model", ".spm", ".jinja", ".bin", ".gz", ".tiktoken", ".bpe", ".vocab")
STEP = re.compile(r"\d+_\w+|chat_templates|additional_chat_templates")  # folders that are read beside the top one
# Adapters name their base by the hash of its weights alone; for the packaged embedders the rest is known too.
WHOLE = {
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db": (
        "cbf231bb01e46b0c7ca39dfada9e563d75f861ec00112bf3eb0d15783c07a480"
    ),
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f": (
        "8670ed1541807e375779b0a3aefd145fd59a3128a3c598027e980ccd61c3f0de"
    ),
}


def manifest(folder: Path) -> str:
    """Return a line "HASH  NAME" for each file that a model in the folder may be read from."""
    names = sorted((path.relative_to(folder).as_posix(), path) for path in read_files(folder))
    return "".join(f"{sha256(path)}  {name}\n" for name, path in names)


def read_files(folder: Path) -> Iterator[Path]:
    """Yield the files that a model may be read from: at the folder's top, and in the folders of its steps."""
    passed = PICKLES if (folder / WEIGHTS).exists() or (folder / INDEX).exists() else frozenset()
    steps = (path for path in folder.iterdir() if path.is_dir() and STEP.fullmatch(path.name))
    for path in (each for place in (folder, *steps) for each in place.iterdir()):
        if path.name.endswith(READ) and path.suffix not in passed and not path.is_dir():
            yield path


def pin_of(folder: Path) -> str:
    """Return what `sha256` says in a binding that pins the folder."""
    return hashlib.sha256(manifest(folder).encode()).hexdigest()


def holds(folder: Path, pin: str) -> bool:
    """Return whether the folder is the pinned one, in every file.

    Where the folder holds one file alone, its hash says so too, and so does that of a package known to hold it.
    """
    files = manifest(folder).splitlines()
    alone = files[0].split()[0] if len(files) == 1 else ""
    return pin_of(folder) == WHOLE.get(pin, pin) or (alone != "" and pin in (alone, WHOLE.get(alone)))


def is_of_weights_alone(folder: Path, pin: str) -> bool:
    """Return whether a pin is the hash of one of the folder's files, and says nothing of the others."""
    return any(line.startswith(f"{pin} ") for line in manifest(folder).splitlines())


def sha256(path: Path) -> str:
    """Return the hash of a file, computed anew only when the file has changed."""
    facts = path.stat()
    return _hashed(path, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


@lru_cache(maxsize=512)
def _hashed(path: Path, *_: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
