"""Firefox's students as a model of the transformers library: registered, saved, loaded and trained as any other.

Importing this registers them with the Auto classes. Who only translates takes `modeling` and `tokenization`, and spares
that library's two seconds and 140 MB.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everybody writes it
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizer,
)
from transformers.modeling_outputs import Seq2SeqLMOutput

from nlp.firefox.files import PairFiles
from nlp.firefox.linear import Linear
from nlp.firefox.modeling import FirefoxNetwork
from nlp.firefox.tokenization import END, FILES, Pieces


class FirefoxConfig(PreTrainedConfig):
    """Sizes of a Firefox translation model. `source_vocab_size` is 0 where both sides share one vocabulary."""

    model_type = "firefox-translation"

    def __init__(
        self,
        *,
        vocab_size: int = 32000,
        source_vocab_size: int = 0,
        d_model: int = 256,
        ffn_dim: int = 1536,
        encoder_layers: int = 6,
        decoder_layers: int = 2,
        attention_heads: int = 8,
        max_length_factor: float = 2.5,
        **settings: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.source_vocab_size = source_vocab_size
        self.d_model = d_model
        self.ffn_dim = ffn_dim
        self.encoder_layers = encoder_layers
        self.decoder_layers = decoder_layers
        self.attention_heads = attention_heads
        self.max_length_factor = max_length_factor
        fixed = {"is_encoder_decoder": True, "tie_word_embeddings": True, "eos_token_id": END, "pad_token_id": END}
        super().__init__(**(fixed | settings))


class FirefoxForTranslation(FirefoxNetwork, PreTrainedModel):
    """A Firefox translation model. Source and target ids end with END; padding is END with attention_mask 0."""

    config_class = FirefoxConfig
    base_model_prefix = "firefox"
    main_input_name = "input_ids"
    _tied_weights_keys: ClassVar = {"output.weight": "shared.weight"}

    def __init__(self, config: FirefoxConfig) -> None:
        PreTrainedModel.__init__(self, config)
        self.build(config)
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the target side's, which the output layer is tied to."""
        return self.shared

    def get_output_embeddings(self) -> Linear:
        """Return the output layer."""
        return self.output

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, labels: Tensor | None = None, **_: Any
    ) -> Seq2SeqLMOutput:
        """Return logits (batch, target, vocabulary) for each position of `labels`, and their loss.

        A label of -100 counts for nothing. Without labels, the logits of the first position.
        """
        logits = self.logits(self.encode(input_ids, attention_mask), labels)
        loss = None if labels is None else F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())
        return Seq2SeqLMOutput(loss=loss, logits=logits)


class FirefoxTokenizer(Pieces, PreTrainedTokenizer):
    """The pair's pieces behind transformers' own interface. A padded position holds END and is masked."""

    vocab_files_names = FILES
    model_input_names = ("input_ids", "attention_mask")

    def __init__(self, source_spm: str, target_spm: str | None = None, **settings: Any) -> None:
        Pieces.__init__(self, Path(source_spm), Path(target_spm or source_spm))
        special = {"eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"}
        PreTrainedTokenizer.__init__(self, **(special | settings))

    @property
    def vocab_size(self) -> int:
        """Return pieces of the source side."""
        return int(self.source.get_piece_size())

    def get_vocab(self) -> dict[str, int]:
        """Return pieces of the source side and their ids."""
        return {self.source.id_to_piece(i): i for i in range(self.vocab_size)}

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """Return the ids with the end of the sentence."""
        return [*token_ids_0, *(token_ids_1 or []), END]

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write both sides, unpacked."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        paths = []
        for name, pieces in zip(FILES.values(), (self.source, self.target), strict=True):
            path = Path(save_directory) / f"{prefix}{name}"
            path.write_bytes(pieces.serialized_model_proto())
            paths.append(str(path))
        return tuple(paths)

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        return self.source.encode(text, out_type=str)

    def _convert_token_to_id(self, token: str) -> int:
        return int(self.source.piece_to_id(token))

    def _convert_id_to_token(self, index: int) -> str:
        return str(self.target.id_to_piece(index))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Join the target side's pieces."""
        return str(self.target.decode(tokens))


def load(files: PairFiles) -> tuple[FirefoxForTranslation, FirefoxTokenizer]:
    """Return a published pair as transformers' classes. Raises BadFile naming the file, OSError as reading does."""
    student, _ = files.load()
    model = FirefoxForTranslation(FirefoxConfig(**asdict(student.config)))
    model.load_state_dict(student.state_dict())
    return model.eval(), FirefoxTokenizer(str(files.source), str(files.target))


AutoConfig.register(FirefoxConfig.model_type, FirefoxConfig)
AutoModelForSeq2SeqLM.register(FirefoxConfig, FirefoxForTranslation)
AutoTokenizer.register(FirefoxConfig, FirefoxTokenizer)
