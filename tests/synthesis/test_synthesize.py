"""raw_knowledge.jsonl to three files: every row is true, traceable and the same in every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clara.chunking import load_token_counter
from clara.errors import LLMError, RecordsError, UsageError
from clara.jsonl import read_records, write_jsonl
from clara.llm import LLMConfig
from clara.schema import Document, EndToEndExample, Example, InstructionExample, PretrainExample
from clara.synthesis import ExtractiveDrafter, LLMDrafter, SynthesisReport, synthesize
from clara.synthesis.verify import has_span
from clara.text import contains_answer
from llm.server import chat_server
from synthesis.made_documents import bridge, document, paragraph, write_knowledge

STAGES: dict[str, type[Example]] = {
    "pretrain_data": PretrainExample,
    "instruction_data": InstructionExample,
    "end_to_end_data": EndToEndExample,
}


def run(knowledge: Path, output: Path, **options: Any) -> SynthesisReport:
    options = {"drafter": ExtractiveDrafter(), "max_tokens": 128, **options}
    return synthesize(knowledge, output, tokenizer=load_token_counter("tiny"), **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    run(write_knowledge(folder), folder)
    return folder


def rows(folder: Path, name: str, stage: str = "") -> list[Any]:
    return read_records(folder / f"{name}.jsonl", STAGES[stage or name])


def passages_of(row: Any) -> list[str]:
    return row.context if isinstance(row, EndToEndExample) else row.docs


@pytest.mark.parametrize("stage", STAGES)
def test_every_passage_is_cut_from_where_its_source_says(made: Path, stage: str) -> None:
    documents = {item.id: item for item in read_records(made / "raw_knowledge.jsonl", Document)}
    found = rows(made, stage)
    assert len(found) >= 12
    for row in found:
        assert row.id
        assert len(row.sources) == len(passages_of(row))
        for text, source in zip(passages_of(row), row.sources, strict=True):
            page = documents[source.document].pages[source.page - 1].text
            assert page[source.start : source.end]
            assert text.endswith(page[source.start : source.end])


def test_every_answer_is_a_span_of_its_own_passage_only(made: Path) -> None:
    for row in rows(made, "end_to_end_data"):
        [positive] = row.pos_index
        assert has_span(row.context[positive], row.answer)
        assert has_span(row.context[positive], row.metadata["evidence"])
        assert len(row.context) >= 4
        negatives = [text for position, text in enumerate(row.context) if position != positive]
        assert not any(contains_answer(text, row.answer) for text in negatives)
        assert not any(contains_answer(question, row.answer) for question in row.question)
        assert len(set(row.context)) == len(row.context) <= 8


def test_instruction_rows_have_one_to_five_passages_with_the_gold_anywhere(made: Path) -> None:
    found = rows(made, "instruction_data")
    assert {len(row.docs) for row in found} == {1, 2, 3, 4, 5}
    assert len({row.metadata["gold"] for row in found}) == 5
    for row in found:
        holders = [position for position, text in enumerate(row.docs) if contains_answer(text, row.output)]
        assert holders == [row.metadata["gold"]]
    assert 0.2 < sum(bool(row.input) for row in found) / len(found) < 0.6
    assert all(row.input.endswith("?") if row.input else row.instruction.endswith("?") for row in found)


def test_every_fact_of_the_documents_is_asked_about(made: Path) -> None:
    answers = {row.sources[0].document: set() for row in rows(made, "pretrain_data")}
    for row in rows(made, "pretrain_data"):
        if row.data_type == "qa":
            assert len(row.docs) == 1
            answers[row.sources[0].document] |= set(row.answers)
    for number in range(12):
        facts = {"a road bridge", str(1900 + number), f"Mara Lind{number}", f"{100 + number} metres"}
        facts |= {f"{2000 + 3 * number} tonnes", f"{20 + number} metres", f"{number + 1} euros"}
        assert facts <= answers[bridge(number).id]


def test_questions_come_in_several_phrasings_and_all_of_them_lead(made: Path) -> None:
    found = rows(made, "end_to_end_data")
    assert sum(len(row.question) > 1 for row in found) > len(found) / 2
    first_words = {row.question[0].split(" Bridge")[0].rsplit(" ", 1)[0] for row in found}
    assert {"How much does", "What is the weight of"} <= first_words


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_rows(made: Path, tmp_path: Path) -> None:
    knowledge = made / "raw_knowledge.jsonl"
    run(knowledge, tmp_path / "again")
    run(knowledge, tmp_path / "other", seed=1, drafter=ExtractiveDrafter(seed=1))
    for name in [*(f"{stage}.jsonl" for stage in STAGES), "rejects.jsonl", "synthesis_report.json"]:
        assert (tmp_path / "again" / name).read_bytes() == (made / name).read_bytes(), name
    for stage in STAGES:
        assert (tmp_path / "other" / f"{stage}.jsonl").read_bytes() != (made / f"{stage}.jsonl").read_bytes()


def test_evaluation_documents_are_in_no_training_row(tmp_path: Path) -> None:
    report = run(write_knowledge(tmp_path, count=30), tmp_path, eval_fraction=0.3)
    train = {source.document for stage in STAGES for row in rows(tmp_path, stage) for source in row.sources}
    held_out = {
        source.document
        for stage, record in STAGES.items()
        for row in read_records(tmp_path / f"{stage}_eval.jsonl", record)
        for source in row.sources or []
    }
    assert 3 <= len(held_out) <= 15
    assert not train & held_out
    assert len(train | held_out) == 30
    assert set(report.eval_rows) == set(report.rows)
    run(tmp_path / "raw_knowledge.jsonl", tmp_path)
    assert not list(tmp_path.glob("*_eval.jsonl"))  # those documents are trained on now


def test_a_question_with_two_answers_in_the_corpus_is_refused_and_kept_with_the_reason(tmp_path: Path) -> None:
    same = [
        document(f"{name}.docx", "Hollin Gate", [paragraph(f"Hollin Gate is a large gate. Its weight is {weight} kg.")])
        for name, weight in (("a", 40), ("b", 70))
    ]
    write_jsonl(tmp_path / "raw.jsonl", [*same, bridge(1)])
    report = run(tmp_path / "raw.jsonl", tmp_path)
    assert not [
        row for row in rows(tmp_path, "end_to_end_data") if "Hollin Gate" in row.question[0] and "kg" in row.answer
    ]
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert {item["draft"]["answer"] for item in rejects if item["reason"] == "ambiguous_question"} == {"40 kg", "70 kg"}
    assert report.rejected_by_reason["ambiguous_question"] == 2


def test_a_question_that_training_asks_too_is_no_evaluation_question(tmp_path: Path) -> None:
    same = [
        document(
            f"{number}.docx", f"Gate {number}", [paragraph("The International Hockey Union (IHU) sets the rules.")]
        )
        for number in range(12)
    ]
    write_jsonl(tmp_path / "raw.jsonl", [*same, *(bridge(number) for number in range(12))])
    run(tmp_path / "raw.jsonl", tmp_path, eval_fraction=0.4)
    trained = {question for row in rows(tmp_path, "pretrain_data") for question in row.question}
    asked = {question for row in rows(tmp_path, "pretrain_data_eval", "pretrain_data") for question in row.question}
    assert "What does IHU stand for?" in trained
    assert asked
    assert not asked & trained
    reasons = [json.loads(line)["reason"] for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert "asked_in_training" in reasons


def test_bad_input_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "raw.jsonl"
    bad.write_text('{"id": "a"}\nnot json\n')
    with pytest.raises(RecordsError, match=r"raw\.jsonl:2"):
        run(bad, tmp_path)
    bad.write_text("")
    with pytest.raises(UsageError, match="no text"):
        run(bad, tmp_path)
    with pytest.raises(UsageError, match="num_documents"):
        run(bad, tmp_path, num_documents=6)


# ---- the LLM path, against a real local server ----


def llm_answer(body: dict[str, Any]) -> str:
    """A model that is right about the year, and wrong in five ways on its first try."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("name", "")
    if schema in ("DraftedComplexPairs", "DraftedAssignments"):  # it gives nothing that combines facts
        return json.dumps({"pairs": []} if schema == "DraftedComplexPairs" else {"rows": []})
    prompt = body["messages"][-1]["content"]
    title = prompt.split("Title: ")[1].split("\n")[0]
    source = prompt.split("<<<\n")[1].split("\n>>>")[0]
    if "say the source text again" in prompt.lower():
        kept = " ".join(source.replace("#", "").split())
        return json.dumps(
            {"text": f"{kept}. So it stands." if "refused" in prompt else "Something is 4711 metres long."}
        )
    year = source.split("built in ")[1].split(" ")[0].rstrip(".") if "built in " in source else ""
    good = {"question": f"When was {title} built?", "other_phrasings": [f"In which year was {title} built?"],
            "answer": year, "evidence": f"built in {year}", "kind": "date"}  # fmt: skip
    if "refused" in prompt:
        return json.dumps({"pairs": [good] if year and "dangling" not in prompt else []})
    bad = [
        {**good, "question": "When was it built?"},
        {**good, "question": f"What does the document say of {title}?"},
        {**good, "question": f"Was {title} built in {year}?"},
        {**good, "question": f"Who owns {title}?", "answer": "The Crown", "evidence": "owned by the Crown"},
        {**good, "question": f"What is in {title}.docx?"},
    ]
    return json.dumps({"pairs": [{**pair, "other_phrasings": []} for pair in bad]})


def test_an_llm_redrafts_what_was_refused_and_nothing_unproven_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown")
    knowledge = write_knowledge(tmp_path, count=6)
    with chat_server(llm_answer, {1: "429", 4: "500", 7: "cut"}, retry_after="0.05") as server:

        def drafter() -> LLMDrafter:
            config = LLMConfig(base_url=server.base_url, model="m", first_wait_seconds=0.02, timeout_seconds=5)
            return LLMDrafter(config, journal=tmp_path / "journal.sqlite")

        report = run(knowledge, tmp_path / "llm", drafter=drafter())
        asked = len(server.requests)
        run(knowledge, tmp_path / "again", drafter=drafter())
        assert len(server.requests) == asked  # all of it came from the journal
    found = rows(tmp_path / "llm", "end_to_end_data")
    assert [row.answer for row in found] == [str(1900 + number) for number in range(6)]
    assert all(len(row.question) == 2 for row in found)
    rejects = (tmp_path / "llm" / "rejects.jsonl").read_text()
    refused = "dangling_subject refers_to_document question_contains_answer evidence_not_in_source file_path paraphrase"
    for reason in refused.split():
        assert reason in report.rejected_by_reason
        assert reason in rejects
    paraphrases = [row for row in rows(tmp_path / "llm", "pretrain_data") if row.data_type == "paraphrase"]
    assert len(paraphrases) == 12
    assert report.usage is not None
    assert report.usage["base_url"] == server.base_url
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"sk-never-shown" not in path.read_bytes()
    for name in ("pretrain_data", "instruction_data", "end_to_end_data"):
        assert (tmp_path / "llm" / f"{name}.jsonl").read_bytes() == (tmp_path / "again" / f"{name}.jsonl").read_bytes()


def test_a_refused_key_ends_the_run_and_leaves_earlier_results(tmp_path: Path) -> None:
    knowledge = write_knowledge(tmp_path, count=3)
    run(knowledge, tmp_path)
    before = (tmp_path / "pretrain_data.jsonl").read_bytes()
    with chat_server(llm_answer, lambda *_: "401") as server:
        config = LLMConfig(base_url=server.base_url, model="m")
        with pytest.raises(LLMError, match="OPENAI_API_KEY"):
            run(knowledge, tmp_path, drafter=LLMDrafter(config))
    assert (tmp_path / "pretrain_data.jsonl").read_bytes() == before


def test_prompts_can_be_edited(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"system\.txt"):
        LLMDrafter(LLMConfig(base_url="http://127.0.0.1:9", model="m"), prompts=tmp_path)
    for name in ("system", "questions", "questions_again", "paraphrase", "paraphrase_again"):
        (tmp_path / f"{name}.txt").write_text("Edited. Title: $title\n<<<\n$text\n>>>\n$rejected costs $5")
    with chat_server(lambda _: '{"pairs": [], "text": ""}') as server:
        config = LLMConfig(base_url=server.base_url, model="m", max_repairs=0)
        run(write_knowledge(tmp_path, count=1), tmp_path, drafter=LLMDrafter(config, prompts=tmp_path))
        assert "Edited. Title: Vesper Bridge 0" in server.requests[0]["messages"][1]["content"]
