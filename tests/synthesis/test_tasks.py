"""Every task's rows are true: needed passages there, evidence quoted, splits apart. A local server plays the model."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from clara.chunking import load_token_counter
from clara.errors import UsageError
from clara.jsonl import read_records, write_jsonl
from clara.llm import LLMConfig
from clara.schema import Document, EndToEndExample, Example, InstructionExample, Passage, PretrainExample
from clara.synthesis import Draft, ExtractiveDrafter, LLMDrafter, SynthesisReport, synthesize
from clara.synthesis.coverage import measure, source_facts
from clara.synthesis.judging import Judge
from clara.synthesis.options import TASKS, TaskOptions
from clara.synthesis.unanswerable import REFUSALS
from clara.synthesis.verify import has_span
from clara.text import contains_answer
from llm.server import chat_server
from synthesis.made_documents import bridge, document, heading, paragraph

RECORDS: dict[str, type[Example]] = {
    "pretrain": PretrainExample,
    "instruction": InstructionExample,
    "end_to_end": EndToEndExample,
}
PEOPLE = ("Mara Lind", "Oskar Vey", "Tilda Roon", "Ivo Sandel", "Nora Quist", "Pelle Marr")
CITIES = ("Oslo", "Turin", "Ghent", "Porto", "Tartu", "Cork")


def works_and_people(count: int = 6) -> list[Document]:
    """Bridges and the people who designed them: a document each, linked by the person's name."""
    documents = []
    for number in range(count):
        person, city = PEOPLE[number], CITIES[number]
        name = f"Orlin Bridge {number}"
        documents.append(
            document(
                f"bridge{number}.docx",
                name,
                [
                    heading(name),
                    paragraph(f"{name} was designed by {person}. {name} weighs {200 + 7 * number} tonnes."),
                ],
            )
        )
        documents.append(
            document(
                f"person{number}.docx",
                person,
                [heading(person), paragraph(f"{person} was born in {city}. {person} studied in {1950 + number}.")],
            )
        )
    return documents


def model(body: dict[str, Any]) -> str:
    """A model that quotes well, forgets facts until they are named, and makes one mistake of each kind."""
    schema = body["response_format"]["json_schema"]["name"]
    prompt = body["messages"][-1]["content"]
    source = prompt.split("<<<\n")[1].split("\n>>>")[0]
    again = "were refused" in prompt
    if schema == "DraftedPairs":
        return json.dumps({"pairs": list(pairs_of(source, prompt))})
    if schema == "DraftedComplexPairs":
        return json.dumps({"pairs": list(complex_of(source, again))})
    if schema == "DraftedAssignments":
        return json.dumps({"rows": list(tasks_of(source, again))})
    if schema == "DraftedParaphrase":
        return json.dumps({"text": " ".join(reversed(re.findall(r"[^.\n#]+\.", source)))})
    if schema == "TranslatedPairs":
        asked = json.loads(re.search(r"Questions:\n(\[.*?\n\])", prompt, re.DOTALL)[1])  # type: ignore[index]
        return json.dumps({"pairs": [translated(item, first="These translations" not in prompt) for item in asked]})
    items = json.loads(re.search(r"Items:\n(\[.*?\n\])", prompt, re.DOTALL)[1])  # type: ignore[index]
    low = [0.2 if "studied" in item["question"] else 0.9 for item in items]
    return json.dumps(
        {"verdicts": [{"number": n, "score": s, "reason": "dull" if s < 0.5 else ""} for n, s in enumerate(low, 1)]}
    )


def pair(question: str, answer: str, evidence: str, kind: str) -> dict[str, Any]:
    return {"question": question, "other_phrasings": [], "answer": answer, "evidence": evidence, "kind": kind}


def pairs_of(source: str, prompt: str) -> Any:
    if found := re.search(r"(Orlin Bridge \d+) was designed by ([A-Z]\w+ [A-Z]\w+)", source):
        yield pair(f"Who designed {found[1]}?", found[2], found[0], "person")
        if "Facts" in prompt and (weight := re.search(r"weighs (\d+ tonnes)", source)):
            yield pair(f"How much does {found[1]} weigh?", weight[1], weight[0], "weight")
    if found := re.search(r"([A-Z]\w+ [A-Z]\w+) was born in ([A-Z]\w+)", source):
        yield pair(f"Where was {found[1]} born?", found[2], found[0], "place")
        if "Facts" in prompt and (year := re.search(r"studied in (\d+)", source)):
            yield pair(f"In which year was {found[1]} a student?", year[1], year[0], "date")


def complex_of(source: str, again: bool) -> Any:
    work = re.search(r"(Orlin Bridge \d+) was designed by ([A-Z]\w+ [A-Z]\w+)", source)
    weight = re.search(r"Orlin Bridge \d+ weighs (\d+ tonnes)", source)
    born = re.search(r"([A-Z]\w+ [A-Z]\w+) was born in ([A-Z]\w+)", source)
    if work and born and work[2] == born[1]:
        bridged = f"Where was the designer of {work[1]} born?"
        if not again:  # the bridge is not proven yet
            yield {**pair(bridged, born[2], "", "bridge"), "evidence": [born[0]]}
            yield {**pair("Which text names the designer?", work[2], "", "bridge"), "evidence": [work[0], born[0]]}
        else:
            yield {**pair(bridged, born[2], "", "bridge"), "evidence": [work[0], born[0]]}
    elif work and weight and not again:
        question = f"How heavy is the bridge Orlin that {work[2]} designed?"
        yield {**pair(question, weight[1], "", "bridge"), "evidence": [work[0], weight[0]]}


def tasks_of(source: str, again: bool) -> Any:
    first = re.search(r"[A-Z][^.\n#]+\.", source)
    titles = list(dict.fromkeys(re.findall(r"(Orlin Bridge \d+|[A-Z]\w+ [A-Z]\w+) was", source)))
    if first is None or not titles:
        return
    if len(titles) > 1:
        second = re.search(rf"{titles[1]} was [^.\n]+\.", source)
        assert second
        output = f"{titles[0]} and {titles[1]} have little in common."
        quoted = [first[0], second[0]]
        yield {"kind": "compare", "instruction": f"Compare {titles[0]} with {titles[1]}.", "input": "",
               "output": output, "evidence": quoted}  # fmt: skip
        return
    base = {"kind": "summarise", "instruction": f"Summarise what is known about {titles[0]}.", "input": "",
            "output": first[0], "evidence": [first[0]]}  # fmt: skip
    yield base
    yield {**base, "kind": "extract", "instruction": f"Extract a field of {titles[0]}.", "input": "the first word",
           "output": f"word: {first[0].split()[0]}"}  # fmt: skip
    if not again:
        yield {**base, "instruction": "Summarise this document."}
        yield {**base, "output": f"{first[0]} It cost 99 crowns."}


def translated(item: dict[str, Any], *, first: bool) -> dict[str, Any]:
    name = re.search(r"(Orlin Bridge \d+|(?!Where|Who|In|How)[A-Z]\w+ [A-Z]\w+)", item["question"])
    assert name
    question = f"关于桥梁{name[1]}要问的内容是什么？"
    if first and "Where" in item["question"]:
        question = item["question"]  # not translated at all
    return {"number": item["number"], "question": question, "answer": item["answer"]}


def run(documents: list[Document], folder: Path, **options: Any) -> SynthesisReport:
    write_jsonl(folder / "raw.jsonl", documents)
    options = {"max_tokens": 128, "drafter": ExtractiveDrafter(), **options}
    return synthesize(folder / "raw.jsonl", folder / "out", tokenizer=load_token_counter("tiny"), **options)


def rows(folder: Path, stage: str, task: str = "", part: str = "") -> list[Any]:
    found = read_records(folder / "out" / f"{stage}_data{part}.jsonl", RECORDS[stage])
    return [row for row in found if str(row.id).startswith(task)]


def rejects(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / "rejects.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def by_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SynthesisReport]:
    """All tasks, by the server above."""
    folder = tmp_path_factory.mktemp("all")
    options = TaskOptions(tasks=TASKS, unanswerable_share=0.5, cross_lingual="zh", unique_questions=True)
    with chat_server(model) as server:
        drafter = LLMDrafter(LLMConfig(base_url=server.base_url, model="m"))
        report = run(works_and_people(), folder, drafter=drafter, options=options, eval_fraction=0.3)
    return folder, report


def test_a_question_across_passages_has_all_of_them_in_the_row_and_pos_index_names_them(
    by_model: tuple[Path, SynthesisReport],
) -> None:
    folder, _ = by_model
    across = [row for row in rows(folder, "end_to_end", "complex") if "born" in row.question[0]]
    assert len(across) >= 3
    for row in across:
        assert len(row.pos_index) == 2
        needed = [row.context[place] for place in row.pos_index]
        for quote in row.metadata["evidence"]:
            assert any(has_span(text, quote) for text in needed)
        assert not any(contains_answer(text, row.answer) for text in set(row.context) - set(needed))
        assert {row.sources[place].document[:6] for place in row.pos_index} == {"bridge", "person"}
    for row in rows(folder, "instruction", "complex"):
        needed = [row.docs[place] for place in row.metadata["gold"]]
        assert all(any(has_span(text, quote) for text in needed) for quote in row.metadata["evidence"])
    assert {len(row.docs) for row in rows(folder, "pretrain", "complex")} == {1, 2}


def test_no_row_of_any_task_mixes_documents_of_both_splits(by_model: tuple[Path, SynthesisReport]) -> None:
    folder, report = by_model
    train = {item.document for stage in RECORDS for row in rows(folder, stage) for item in row.sources}
    held_out = {item.document for stage in RECORDS for row in rows(folder, stage, part="_eval") for item in row.sources}
    assert held_out
    assert not train & held_out
    assert report.eval_rows.keys() == report.rows.keys()


def test_what_is_refused_is_drafted_again_with_the_reason_and_kept_with_round_and_task(
    by_model: tuple[Path, SynthesisReport],
) -> None:
    folder, report = by_model
    refused = {(item["task"], item["reason"].split(":")[0]) for item in rejects(folder)}
    assert {("complex", "one_passage"), ("complex", "refers_to_document")} & refused
    assert ("complex", "one_fact") in refused
    assert {("assignment", "refers_to_document"), ("assignment", "answer_not_supported")} <= refused
    assert ("cross_lingual", "wrong_language") in refused
    assert all(item["round"] >= 1 for item in rejects(folder))
    counted = {(task, reason) for task, reasons in report.rejected_by_task.items() for reason in reasons}
    assert counted == refused
    assert sum(n for reasons in report.rejected_by_task.values() for n in reasons.values()) == len(rejects(folder))


def test_a_table_row_whose_name_holds_a_bar_is_covered_by_a_question_that_names_it() -> None:
    text = "| Port | Mode |\n| --- | --- |\n| A\\|B | Slow |"
    passage = Passage(id="a#p1-0", document="a", page=1, start=0, end=len(text), text=text, title="Korva")
    draft = Draft(questions=("Which mode has port A|B of Korva?",), answer="Slow", evidence="Slow", kind="mode")
    covered, missing = measure(source_facts(passage), [draft])
    assert (covered.covered["row"], [fact for fact in missing if fact.kind == "row"]) == (1, [])


def test_missing_facts_are_asked_for_by_name_and_the_report_says_what_that_brought(
    by_model: tuple[Path, SynthesisReport],
) -> None:
    folder, report = by_model
    first, end = report.coverage["after_first_round"], report.coverage["at_the_end"]
    assert first["number"]["facts"] == end["number"]["facts"] >= 12
    assert first["number"]["covered"] < end["number"]["covered"] == end["number"]["facts"]
    assert end["share"] == 1.0
    answers = {row.answer for part in ("", "_eval") for row in rows(folder, "end_to_end", "end_to_end/", part)}
    assert {f"{200 + 7 * number} tonnes" for number in range(6)} <= answers


def test_instruction_rows_summarise_extract_and_compare_with_and_without_input(
    by_model: tuple[Path, SynthesisReport],
) -> None:
    folder, _ = by_model
    found = rows(folder, "instruction", "assignment")
    assert {row.metadata["kind"] for row in found} == {"summarise", "extract", "compare"}
    assert {bool(row.input) for row in found} == {True, False}
    for row in found:
        assert all(any(has_span(text, quote) for text in row.docs) for quote in row.metadata["evidence"])
        assert len(row.docs) == (2 if row.metadata["kind"] == "compare" else 1) or len(row.docs) == 3


def test_unanswerable_rows_hold_no_answer_and_say_so(by_model: tuple[Path, SynthesisReport]) -> None:
    folder, _ = by_model
    found = rows(folder, "instruction", "unanswerable")
    answers = {row.question[0]: row.answer for row in rows(folder, "end_to_end", "end_to_end/")}
    assert 2 <= len(found) <= len(answers)
    for row in found:
        assert row.output == REFUSALS["en"]
        assert row.metadata["unanswerable"] is True
        assert not any(contains_answer(text, answers[row.instruction]) for text in row.docs)


def test_cross_lingual_rows_ask_in_chinese_over_english_passages(by_model: tuple[Path, SynthesisReport]) -> None:
    folder, report = by_model
    found = rows(folder, "end_to_end", "end_to_end_zh")
    assert found
    for row in found:
        assert re.search("[\u4e00-\u9fff]", row.question[0])
        assert has_span(row.context[row.pos_index[0]], row.metadata["evidence"])
        assert row.metadata["cross_lingual"] == "zh"
    assert rows(folder, "instruction", "instruction_zh")
    assert report.kept_by_task["cross_lingual"] == sum(
        len(rows(folder, "end_to_end", "end_to_end_zh", part)) for part in ("", "_eval")
    )


def test_a_judge_refuses_what_it_scores_below_the_threshold(tmp_path: Path) -> None:
    with chat_server(model) as server:
        drafter = LLMDrafter(LLMConfig(base_url=server.base_url, model="m"))
        judge = Judge(LLMDrafter(LLMConfig(base_url=server.base_url, model="judge")), threshold=0.7)
        report = run(works_and_people(3), tmp_path, drafter=drafter, judge=judge)
        assert {body["model"] for body in server.requests} == {"m", "judge"}
    assert report.usage is not None
    assert report.usage["judge"]["model"] == "judge"
    low = [item for item in rejects(tmp_path) if item["reason"].startswith("judged_low")]
    assert all("0.2, dull" in item["reason"] for item in low)
    with pytest.raises(UsageError, match="--judge-threshold"):
        Judge(drafter, threshold=1.5)


def test_the_offline_drafter_joins_and_bridges_verified_facts(tmp_path: Path) -> None:
    options = TaskOptions(tasks=TASKS)
    lamps = [
        document(f"{name}.docx", name, [paragraph(f"{name} is a lamp made by Tansy Works. {name} weighs {weight} kg.")])
        for name, weight in (("Korva 3", 61), ("Belda 4", 48))
    ]
    run([*works_and_people(), *lamps, *(bridge(number) for number in range(4))], tmp_path, options=options)
    found = rows(tmp_path, "end_to_end", "complex")
    assert {row.metadata["kind"] for row in found} == {"bridge", "comparison", "joint"}
    bridges = {row.question[0]: row.answer for row in found if row.metadata["kind"] == "bridge"}
    assert bridges["Where was the person who designed Orlin Bridge 0 born?"] == "Oslo"
    compared = next(row for row in found if row.metadata["kind"] == "comparison")
    assert compared.question == ["Which has the larger weight, Korva 3 or Belda 4?"]
    assert compared.answer == "Korva 3"
    for row in found:
        needed = [row.context[place] for place in row.pos_index]
        assert all(any(has_span(text, quote) for text in needed) for quote in row.metadata["evidence"])
        for part in row.answer.split("; "):
            assert any(has_span(text, part) for text in needed)
    extracted = [row for row in rows(tmp_path, "instruction", "assignment") if row.metadata["kind"] == "extract"]
    assert len(extracted) == 4
    assert all(row.input == "Height, Toll" and row.output.startswith("Height: ") for row in extracted)


def test_the_same_question_of_two_passages_makes_one_row_for_retrieval_and_stays_in_pretrain(tmp_path: Path) -> None:
    twice = [
        document(f"{name}.docx", "Hollin Gate", [paragraph(f"{text} Its weight is 40 kg. It was built in {year}.")])
        for name, text, year in (("a", "Hollin Gate is a gate.", 1903), ("b", "Hollin Gate is a lock gate.", 1904))
    ]
    run([*twice, bridge(1)], tmp_path, options=TaskOptions(unique_questions=True))
    weights = [row for row in rows(tmp_path, "end_to_end") if row.answer == "40 kg"]
    assert len(weights) == 1
    kept = [row for row in rows(tmp_path, "pretrain") if "40 kg" in row.answers]
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tasks": ("qa", "poems")}, "poems is not known"),
        ({"unanswerable_share": 2.0}, "between 0 and 1"),
        ({"negatives": "magic"}, "choose from bm25"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        TaskOptions(**options)
