import pytest

from nlp.prompts import summary_prompt


def test_a_text_is_put_in_as_it_is_even_if_it_looks_like_a_template():
    prompt = summary_prompt("we owe $words and ${text} $$", 100)
    assert "we owe $words and ${text} $$" in prompt
    assert "at most 60 words" in prompt


@pytest.mark.parametrize("instruction", ["Who said what?", "Costs in $ only"])
def test_an_instruction_of_the_callers_own_replaces_ours(instruction: str):
    prompt = summary_prompt("no", 100, instruction)
    assert prompt.startswith(instruction)
    assert "words" not in prompt
