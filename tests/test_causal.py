from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models
import torch
from tiny_models import TEMPLATE, TEXTS
from transformers import AutoModelForCausalLM, AutoTokenizer, ContinuousBatchingConfig

from nlp.errors import JobTooLong, ModelRefused
from nlp.inference.decoding.continuous import Continuous
from nlp.inference.decoding.greedy import Row
from nlp.jobs import Generate, Generated, Job, Prepared, Summarize, Turn
from nlp.models.causal import Causal, shared
from nlp.scheduler.family import Binding
from nlp.text.prompts import summary_prompt

WANT = 14
OPENING = Turn("user", "read what the team wrote this week and say what matters: ")
BUILDERS = {
    "llama": (tiny_models.llama, {}),
    "qwen": (tiny_models.qwen, {}),
    "gemma": (tiny_models.gemma, {}),
    "gpt2": (tiny_models.gpt2, {"template": TEMPLATE}),
}


def load(folder: Path, dtype: str = "float32", **options: Any) -> Causal:
    return Causal.load(Binding("generate", "causal", str(folder), dtype=dtype, options=options), "cpu")


def nobody_left(_: int) -> bool:
    return False


def run(family: Causal, jobs: list[Job], cancelled: Callable[[int], bool] = nobody_left) -> list[Generated]:
    made = family.prepare(jobs)
    assert all(isinstance(job, Prepared) for job in made), made
    return family.run(made, cancelled)


def ask(text: str, **settings: Any) -> Generate:
    return Generate((OPENING, Turn("user", text)), **{"max_tokens": WANT, **settings})


def reference(folder: Path, prompt: str, limit: int = WANT) -> str:
    """What transformers itself writes for one prompt alone."""
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    rows = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    with torch.inference_mode():
        written = model.generate(**rows, num_beams=1, do_sample=False, max_new_tokens=limit)
    return tokenizer.decode(written[0, rows["input_ids"].shape[1] :], skip_special_tokens=True)


def templated(text: str) -> str:
    return f"<|user|>{OPENING.content}<end><|user|>{text}<end><|assistant|>"


@pytest.mark.parametrize("name", BUILDERS)
def test_conversations_go_on_as_generate_writes_them_batched_and_alone(name: str, tmp_path: Path):
    build, options = BUILDERS[name]
    folder = build(tmp_path / name)
    family = load(folder, **options)
    expected = [reference(folder, templated(text)) for text in TEXTS]
    assert [made.text for made in run(family, [ask(text) for text in TEXTS])] == expected
    assert [run(family, [ask(text)])[0].text for text in TEXTS] == expected
    assert len(set(expected)) > 3


def test_what_prompts_begin_with_in_common_is_read_once(tmp_path: Path):
    family = load(tiny_models.llama(tmp_path / "llama"))
    read: list[tuple[int, ...]] = []
    family.model.register_forward_pre_hook(
        lambda _module, _args, kwargs: read.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    run(family, [ask(text) for text in TEXTS])
    assert read[0][0] == 1
    assert read[0][1] > len(OPENING.content)
    assert read[1][0] == len(TEXTS)


@pytest.mark.parametrize(
    ("prompts", "alike"),
    [
        ([[1] * 40], 0),
        ([[1] * 40, [1] * 30 + [2]], 30),
        ([[1] * 40, [1] * 20], 19),
        ([[1] * 5 + [2] * 30, [1] * 5 + [3] * 30], 0),
    ],
    ids=["one alone", "a common beginning", "one inside the other", "too little"],
)
def test_a_common_beginning_is_found(prompts: list[list[int]], alike: int):
    assert shared(prompts) == alike


def test_rows_end_at_their_own_limits(tmp_path: Path):
    folder = tiny_models.llama(tmp_path / "llama")
    limits = [3, 20, 1, 9]
    made = run(load(folder), [ask(TEXTS[0], max_tokens=limit) for limit in limits])
    assert [one.text for one in made] == [reference(folder, templated(TEXTS[0]), limit) for limit in limits]
    assert all(one.cut == (one.tokens == limit) for one, limit in zip(made, limits, strict=True))


def test_penalties_of_the_generation_config_are_kept(tmp_path: Path):
    folder = tiny_models.llama(tmp_path / "llama", repetition_penalty=1.6, no_repeat_ngram_size=2)
    made = run(load(folder), [ask(text) for text in TEXTS])
    assert [one.text for one in made] == [reference(folder, templated(text)) for text in TEXTS]


def test_text_is_heard_piece_by_piece_and_adds_up_to_the_answer(tmp_path: Path):
    family = load(tiny_models.qwen(tmp_path / "qwen"))
    heard: list[list[str]] = [[] for _ in TEXTS]
    jobs: list[Job] = [ask(text, max_tokens=40, on_text=heard[i].append) for i, text in enumerate(TEXTS)]
    made = run(family, jobs)
    assert ["".join(pieces) for pieces in heard] == [one.text for one in made]
    assert max(map(len, heard)) > 3
    assert [one.text for one in made] == [one.text for one in run(family, [ask(text, max_tokens=40) for text in TEXTS])]


def test_a_stop_string_ends_the_answer_before_it(tmp_path: Path):
    family = load(tiny_models.llama(tmp_path / "llama"))
    whole = run(family, [ask(TEXTS[0], max_tokens=30)])[0].text
    stop = whole[8:10]
    made = run(family, [ask(TEXTS[0], max_tokens=30, stop=(stop, "never said")), ask(TEXTS[1])])
    assert made[0].text == whole[: whole.index(stop)]
    assert made[0].tokens < 30
    assert made[1] == run(family, [ask(TEXTS[1])])[0]


def test_a_cancelled_row_stops_and_its_neighbours_go_on(tmp_path: Path):
    family = load(tiny_models.llama(tmp_path / "llama"))
    asked: list[int] = []

    def left(row: int) -> bool:
        asked.append(row)
        return row == 1 and asked.count(1) > 3

    jobs: list[Job] = [ask(text) for text in TEXTS[:3]]
    made = run(family, jobs, left)
    assert made[1].tokens <= 4
    assert [made[0], made[2]] == [run(family, [job])[0] for job in (jobs[0], jobs[2])]


def test_a_system_turn_joins_the_user_where_the_template_knows_none(tmp_path: Path):
    folder = tiny_models.gemma(tmp_path / "gemma")
    turns = (Turn("system", "be brief"), Turn("user", "who broke the build?"))
    made = run(load(folder), [Generate(turns, WANT)])
    assert made[0].text == reference(folder, "<|user|>be brief\n\nwho broke the build?<end><|assistant|>")


def test_a_summary_is_asked_for_by_an_instruction(tmp_path: Path):
    folder = tiny_models.llama(tmp_path / "llama")
    made = run(load(folder), [Summarize("no", WANT, instruction="Say it in one word."), Summarize("$text", WANT)])
    assert made[0].text == reference(
        folder, f"<|user|>{summary_prompt('no', 0, 'Say it in one word.')}<end><|assistant|>"
    )
    assert made[1].text == reference(folder, f"<|user|>{summary_prompt('$text', WANT)}<end><|assistant|>")


def test_a_prompt_that_leaves_no_room_is_refused_alone(tmp_path: Path):
    family = load(tiny_models.llama(tmp_path / "llama"), window=120)
    made = family.prepare([ask("no " * 200), ask("no")])
    assert isinstance(made[0], JobTooLong)
    assert isinstance(made[1], Prepared)
    assert len(made[1].inputs.ids) + made[1].inputs.limit <= 120


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path):
    with pytest.raises(ModelRefused, match="chat template"):
        load(tiny_models.gpt2(tmp_path / "gpt2"))


def test_an_unknown_option_is_refused(tmp_path: Path):
    with pytest.raises(ModelRefused, match="option"):
        load(tmp_path, temperature=1)


def test_continuous_batching_refuses_encoder_decoders(tmp_path: Path):
    model = AutoModelForCausalLM.from_pretrained(tiny_models.llama(tmp_path / "llama"))
    model.config.is_encoder_decoder = True
    with pytest.raises(ValueError, match="wrong tokens"):
        Continuous(model)


def written(model: Any, prompts: list[list[int]], settings: ContinuousBatchingConfig | None) -> list[list[int]]:
    rows = [Row(limit) for limit in (6, 12, 9)]
    Continuous(model, settings).write(prompts, rows, frozenset({1}), nobody_left)
    return [row.ids for row in rows]


def alone(model: Any, prompt: list[int], limit: int) -> list[int]:
    ids = torch.tensor([prompt], device=model.device)
    with torch.inference_mode():
        made = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=limit)
    return [token for token in made[0, len(prompt) :].tolist() if token != 1]


PROMPTS = [[2, 80, 81, 82, 3], [2, 80, 81, 90, 91, 92, 3], [2, 100, 3]]


def test_continuous_batching_writes_the_same_tokens(tmp_path: Path):
    model = AutoModelForCausalLM.from_pretrained(tiny_models.llama(tmp_path / "llama")).eval()
    small = ContinuousBatchingConfig(num_blocks=16, page_size=32, max_batch_tokens=128)
    expected = [alone(model, prompt, limit) for prompt, limit in zip(PROMPTS, (6, 12, 9), strict=True)]
    assert written(model, PROMPTS, small) == expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_on_a_gpu_causal_models_are_batched_continuously(tmp_path: Path):
    folder = tiny_models.llama(tmp_path / "llama")
    family = Causal.load(Binding("generate", "causal", str(folder), dtype="float32"), "cuda")
    assert family._continuous is not None
    assert [made.text for made in run(family, [ask(text) for text in TEXTS])] == [
        reference(folder, templated(text)) for text in TEXTS
    ]
