"""Hugging Face folders as CTranslate2 reads them: converted once, kept in a cache, made anew when they change."""

import hashlib
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import ctranslate2
from ctranslate2.converters import TransformersConverter
from platformdirs import user_cache_path

from nlp.hub.checkpoint import refused
from nlp.scheduler.family import Binding

# Keys that transformers 5 no longer writes into configurations and the converters of CTranslate2 4.8 still read there.
GONE = {
    "bart": {"normalize_before": False, "normalize_embedding": True},
    "mbart": {"normalize_before": True, "normalize_embedding": True, "tokenizer_class": "MBart50Tokenizer"},
    "pegasus": {"normalize_before": True, "normalize_embedding": False},
}


class Converter(TransformersConverter):
    """The library's converter for models and tokenizers of transformers 5: safetensors, and no code of a repository."""

    def load_model(self, model_class: Any, model_name_or_path: str, **settings: Any) -> Any:
        """Return the model, with what the converters look for in its configuration."""
        model = super().load_model(
            model_class, model_name_or_path, **settings, use_safetensors=True, trust_remote_code=False
        )
        model.config.update(GONE.get(model.config.model_type, {}))
        return model

    def load_tokenizer(self, tokenizer_class: Any, model_name_or_path: str, **settings: Any) -> Any:
        """Return the tokenizer.

        mBART's gets a first token, and M2M100's says its languages, which `get_vocab` leaves out.
        """
        tokenizer = super().load_tokenizer(tokenizer_class, model_name_or_path, **settings, trust_remote_code=False)
        tokenizer.bos_token = tokenizer.bos_token or tokenizer.cls_token
        if languages := getattr(tokenizer, "lang_token_to_id", None):
            words = tokenizer.get_vocab()
            tokenizer.get_vocab = lambda: words | languages
        return tokenizer


def converted(binding: Binding, folder: Path, kind: str, cache: str = "") -> Path:
    """Return the folder of the converted model, whose weights are kept as `kind`.

    Raises ModelRefused if it can't be.
    """
    home = Path(cache) if cache else user_cache_path("parley") / "ctranslate2"
    converted_at = home / fingerprint(folder, kind)
    if not (converted_at / "model.bin").is_file():
        convert(binding, folder, converted_at, kind)
    return converted_at


def offered(device: str) -> frozenset[str]:
    """Return what CTranslate2 can compute in on a kind of device."""
    return frozenset(ctranslate2.get_supported_compute_types(device))


def translator_of(made: Path, device: str, kind: str, threads: int) -> Any:
    """Return a converted model, loaded: it computes in `kind` on `device`, one batch at a time."""
    return ctranslate2.Translator(str(made), device=device, compute_type=kind, inter_threads=1, intra_threads=threads)


def convert(binding: Binding, folder: Path, made: Path, kind: str) -> None:
    """Write the converted model beside its place first, so that a broken run leaves nothing that looks complete."""
    made.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=made.parent))
    try:
        Converter(str(folder)).convert(str(draft / "model"), quantization=kind)
        shutil.rmtree(made, ignore_errors=True)
        (draft / "model").rename(made)
    except (ValueError, KeyError, AttributeError, RuntimeError) as error:
        raise refused(binding, "can't be converted for CTranslate2", 'Set family = "seq2seq".') from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def fingerprint(folder: Path, kind: str) -> str:
    """Return a name that changes with the model's files, the kind and the version of CTranslate2."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(repr((facts, kind, ctranslate2.__version__)).encode()).hexdigest()[:32]
