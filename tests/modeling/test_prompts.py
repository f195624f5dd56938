"""What the generator reads: the template's own form, the system text never lost, labels from the answer on."""

from collections.abc import Callable

import pytest
from tests.modeling.bases import CHATML, FAMILIES
from transformers import PreTrainedTokenizerFast

from clara.errors import ConfigError
from clara.modeling import ClaraConfig, ClaraModel, Prompts
from clara.modeling.prompts import ChatRenderer, answer_turn
from clara.modeling.tokens import IGNORED, ClaraTokenizer

PLACES = {"docs": "DOCS", "question": "Why?", "answer": "Because."}
THINKS_IN_THE_PROMPT_ONLY = CHATML.replace("assistant\n' }}", "assistant\n<think>\n\n</think>\n\n' }}")


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_are_the_answer_and_what_closes_it(family: str, model_of: Callable[[str], ClaraModel]) -> None:
    tokenizer = model_of(family).tokenizer
    encoded = tokenizer.answer("Why?", "Because.", docs=tokenizer.slots(2))
    prompt = tokenizer.question("Why?", docs=tokenizer.slots(2)).input_ids
    assert encoded.input_ids[: len(prompt)] == prompt  # training reads what use reads
    assert encoded.labels[: len(prompt)] == [IGNORED] * len(prompt)
    learnt = encoded.labels[len(prompt) :]
    assert IGNORED not in learnt
    assert tokenizer.hf.decode(learnt).strip().startswith("Because.")
    assert len(learnt) > len(tokenizer.hf.encode("Because.", add_special_tokens=False))  # an end is learnt too
    whole = tokenizer.hf.decode(prompt)
    assert whole.count(Prompts().answer_system) == 1  # also where the template refuses or drops a system text
    assert whole.count(tokenizer.slot) == 2


@pytest.mark.parametrize("template", [None, THINKS_IN_THE_PROMPT_ONLY, {"default": CHATML, "tool_use": "{{ no }}"}])
def test_odd_templates_still_learn_the_whole_answer(
    template: str | dict[str, str] | None, model_of: Callable[[str], ClaraModel]
) -> None:
    hf: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(model_of("qwen2").config.base_model)
    hf.chat_template = template
    tokenizer = ClaraTokenizer(hf, ClaraConfig(base_model="x", doc_max_length=32, compression_rate=16))
    encoded = tokenizer.answer("Why?", "Because.", docs=tokenizer.slots(1))
    learnt = [label for label in encoded.labels if label != IGNORED]
    assert hf.decode(learnt).strip() == "Because.<|im_end|>"
    prompt = tokenizer.question("Why?", docs=tokenizer.slots(1)).input_ids
    assert encoded.input_ids[: len(prompt)] == prompt


def test_a_long_answer_is_cut_and_a_long_prompt_refused(model_of: Callable[[str], ClaraModel]) -> None:
    tokenizer = model_of("llama").tokenizer
    whole = tokenizer.answer("Why?", "Because of the casing.", docs=tokenizer.slots(1))
    cut = tokenizer.answer("Why?", "Because of the casing.", docs=tokenizer.slots(1), max_length=len(whole.labels) - 3)
    assert (cut.input_ids, cut.labels) == (whole.input_ids[:-3], whole.labels[:-3])
    with pytest.raises(ValueError, match="the prompt alone has"):
        tokenizer.answer("Why?", "Because.", docs=tokenizer.slots(1), max_length=10)


def test_long_passages_are_cut_before_the_memory_tokens(model_of: Callable[[str], ClaraModel]) -> None:
    tokenizer = model_of("llama").tokenizer
    ids = tokenizer.passage_ids("casing " * 200)
    assert len(ids) == 48 + 3 + 3
    assert ids[-3:] == tokenizer.memory_ids


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"answer_sytem": "x"}, "unknown prompt 'answer_sytem'; did you mean 'answer_system'"),
        ({"answer_user": "{docs}"}, "lacks {question}"),
        ({"answer_system": 3}, "'answer_system' must be a text"),
        ({"paraphrase_instructions": "{docs}"}, "must be a list of texts"),
        ({"paraphrase_instructions": []}, "at least one"),
    ],
)
def test_wrong_prompts_are_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Prompts.from_dict(values)


def test_a_template_with_a_system_role_gets_it(model_of: Callable[[str], ClaraModel]) -> None:
    hf = model_of("llama").tokenizer.hf
    turn = answer_turn(Prompts(answer_system="SYSTEM"), PLACES["docs"], PLACES["question"], PLACES["answer"])
    text = ChatRenderer(hf).full(turn)
    assert text == (
        "<s><|start_header|>system<|end_header|>\n\nSYSTEM<|eot|><|start_header|>user<|end_header|>\n\n"
        "Background:\nDOCS\n\nQuestion:Why?<|eot|><|start_header|>assistant<|end_header|>\n\nBecause.<|eot|>"
    )
