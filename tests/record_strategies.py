"""Hypothesis strategies for records, shared by the tests of reading and of converting."""

from __future__ import annotations

from hypothesis import strategies as st

from clara.schema import EndToEndExample, Example, InstructionExample, PretrainExample, Source

# any text JSON can hold in UTF-8, line separators and control characters included
free_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
text = free_text.filter(lambda value: any(not character.isspace() for character in value))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | free_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(free_text, inner, max_size=3),
    max_leaves=6,
)
common = {
    "id": st.none() | text,
    "sources": st.none() | st.lists(st.builds(Source, document=text, page=st.none() | st.integers(1, 9)), max_size=2),
    "metadata": st.none() | st.dictionaries(free_text, json_values, max_size=3),
}
passages = st.lists(text, min_size=1, max_size=5)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    shared = {name: draw(strategy) for name, strategy in common.items()}
    docs = draw(passages)
    match draw(st.sampled_from(["qa", "paraphrase", "instruction", "end_to_end"])):
        case "qa":
            pairs = draw(st.lists(st.tuples(text, text), min_size=1, max_size=4))
            asked, answered = [list(side) for side in zip(*pairs, strict=True)]
            return PretrainExample(data_type="qa", question=asked, answers=answered, docs=docs, **shared)
        case "paraphrase":
            return PretrainExample(data_type="paraphrase", question=[], answers=[draw(text)], docs=docs, **shared)
        case "instruction":
            fields = {"instruction": draw(text), "input": draw(free_text), "output": draw(text)}
            return InstructionExample(data_type="instruction", docs=docs, **fields, **shared)
    positives = st.none() | st.lists(st.integers(0, len(docs) - 1), unique=True)
    fields = {"question": draw(passages), "answer": draw(text), "pos_index": draw(positives)}
    return EndToEndExample(data_type="end_to_end", context=docs, **fields, **shared)
