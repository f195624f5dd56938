"""Chinese is checked as English is: human questions pass, spoiled ones do not, a run keeps its promises."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clara.chunking import load_token_counter
from clara.jsonl import read_records, write_jsonl
from clara.llm import LLMConfig
from clara.schema import EndToEndExample, InstructionExample, Passage
from clara.synthesis import Draft, LLMDrafter, synthesize
from clara.synthesis.coverage import measure, source_facts
from clara.synthesis.options import TaskOptions
from clara.synthesis.verify import has_span, quotes, verify_draft, verify_paraphrase
from llm.server import chat_server
from synthesis.made_documents import document, paragraph

QA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "qa"
FILES = ("xquad/xquad.zh.json", "cmrc2018/cmrc2018_trial.json", "drcd/DRCD_dev.json")
needs_texts = pytest.mark.skipif(not QA.is_dir(), reason="the public texts of ../shared/data/qa are not here")


def human_drafts(name: str, *, every: int) -> Iterator[tuple[Draft, Passage]]:
    """Human questions with the sentence around the answer as evidence."""
    number = 0
    for article in json.loads((QA / name).read_text(encoding="utf-8"))["data"]:
        for block in article["paragraphs"]:
            text = block["context"]
            passage = Passage(id="p", document="d", page=1, start=0, end=len(text), text=text)
            for asked in block["qas"]:
                number += 1
                answer, question = asked["answers"][0]["text"], asked["question"].strip().rstrip("?？") + "？"
                place = text.find(answer)
                if number % every or len(question) < 4 or place < 0:
                    continue
                start = max((match.end() for match in re.finditer("[。！？]", text[:place])), default=0)
                after = re.search("[。！？]|$", text[place + len(answer) :])
                evidence = text[start : place + len(answer) + (after.end() if after else 0)].strip()
                yield Draft(questions=(question,), answer=answer, evidence=evidence, kind="事实"), passage


@needs_texts
@pytest.mark.parametrize("name", FILES)
def test_human_chinese_questions_pass_and_spoiled_ones_are_refused(name: str) -> None:
    reasons: Counter[str | None] = Counter()
    for draft, passage in human_drafts(name, every=5):
        reason = verify_draft(draft, passage, extractive=False)
        reasons[reason] += 1
        if reason is not None:
            continue
        question = draft.questions[0]
        spoiled = {
            "refers_to_document": replace(draft, questions=(f"根据上文，{question}",)),
            "file_path": replace(draft, questions=(f"在报告.pdf中，{question}",)),
            "question_contains_answer": replace(draft, questions=(f"{draft.answer}：{question}",)),
            "evidence_not_in_source": replace(draft, evidence=f"{draft.evidence}（已核实）"),
            "answer_not_supported": replace(draft, answer=f"{draft.answer}，共98765人"),
            "malformed_question": replace(draft, questions=(question.rstrip("？"),)),
        }
        for wanted, item in spoiled.items():
            found = verify_draft(item, passage, extractive=False)
            assert found in (wanted, "answer_too_long", "malformed_question"), (wanted, found, item)
    assert reasons[None] > 0.93 * reasons.total()


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("它成立于哪一年？", "dangling_subject"),
        ("该校位于哪里？", "dangling_subject"),
        ("这所大学有多少学生？", "dangling_subject"),
        ("本文介绍了哪所大学？", "refers_to_document"),
        ("文中提到的大学成立于哪一年？", "refers_to_document"),
        ("清华大学成立于1911年吗？", "question_contains_answer"),
        ("清华大学成立于哪一年？", None),
        ("清华大学及其前身成立于哪一年？", None),
        ("NASUWT成立于哪一年？", None),
        ("那不勒斯的大学成立于哪一年？", None),
    ],
)
def test_chinese_questions_must_stand_alone(question: str, reason: str | None) -> None:
    text = "清华大学成立于1911年，位于北京市。"
    passage = Passage(id="p", document="d", page=1, start=0, end=len(text), text=text)
    draft = Draft(questions=(question,), answer="1911年", evidence="清华大学成立于1911年", kind="日期")
    assert verify_draft(draft, passage, extractive=False) == reason


@pytest.mark.parametrize(
    ("restated", "wrong"),
    [
        ("位于北京的清华大学建于1911年，约翰·史密斯写过《清华记》，学生有三万五千人。", None),
        ("位于北京的清华大学建于一九一一年，约翰·史密斯写过《清华记》，学生有35000人。", None),
        ("位于北京的清华大学建于1912年，约翰·史密斯写过《清华记》，学生有三万五千人。", "lost 1911"),
        ("位于北京的清华大学建于1911年，约翰·史密斯写过一本书，学生有三万五千人。", "清华记"),
        ("位于北京的清华大学建于1911年，有人写过《清华记》，学生有三万五千人。", "史密斯"),
        ("位于北京的学校建于1911年，约翰·史密斯写过《清华记》，学生有三万五千人。", "清华大学"),
    ],
)
def test_a_chinese_restatement_keeps_numbers_and_names(restated: str, wrong: str | None) -> None:
    source = "清华大学在北京，1911年成立。约翰·史密斯著有《清华记》。全校有三万五千名学生。"
    found = verify_paraphrase(restated, source)
    assert found is None if wrong is None else wrong in (found or ""), found


def test_spaces_left_by_a_pdf_do_not_spoil_a_chinese_quotation() -> None:
    assert quotes("清华 大学\n成立于 1911 年。", "清华大学成立于1911年")
    assert not quotes("清华大学成立于1911年。", "清华大学成立于1912年")


def test_chinese_facts_are_counted_and_found_missing_by_name() -> None:
    text = "清华大学成立于1911年4月29日，由约翰·史密斯设计，占地395公顷。"
    passage = Passage(id="p", document="d", page=1, start=0, end=len(text), text=text)
    draft = Draft(questions=("谁设计了清华大学？",), answer="约翰·史密斯", evidence="由约翰·史密斯设计", kind="人物")
    coverage, missing = measure(source_facts(passage), [draft])
    assert {fact.text for fact in missing} >= {"1911年4月29日", "395"}
    assert "约翰·史密斯" not in {fact.text for fact in missing}
    assert 0 < coverage.share < 1


def chinese_model(body: dict[str, Any]) -> str:
    """Asks for the years and quoted titles of a Chinese text, in Chinese because the prompt is."""
    schema = body["response_format"]["json_schema"]["name"]
    prompt = body["messages"][-1]["content"]
    if schema == "DraftedParaphrase":
        return json.dumps({"text": ""})
    assert "原文：" in prompt
    source = prompt.split("<<<\n")[1].split("\n>>>")[0]
    title = prompt.split("Title: ")[1].split("\n")[0]
    pairs = []
    for match in re.finditer(r"[^。！？\n]*?(\d{4}年)[^。！？\n]*[。！？]", source):
        before = match[0].split(match[1])[0]
        question = f"在{title}中，“{before[-12:].strip('“”')}”之后是哪一年？" if before else "是哪一年？"
        pairs.append({"question": question, "other_phrasings": [], "answer": match[1],
                      "evidence": match[0].strip(), "kind": "日期"})  # fmt: skip
    return json.dumps({"pairs": pairs}, ensure_ascii=False)


@needs_texts
def test_a_run_over_chinese_texts_uses_chinese_prompts_and_gives_grounded_rows(tmp_path: Path) -> None:
    articles = json.loads((QA / FILES[2]).read_text(encoding="utf-8"))["data"][:24]
    documents = [
        document(f"{number}.txt", article["title"], [paragraph(article["paragraphs"][0]["context"])])
        for number, article in enumerate(articles)
    ]
    write_jsonl(tmp_path / "raw.jsonl", documents)
    with chat_server(chinese_model) as server:
        report = synthesize(
            tmp_path / "raw.jsonl",
            tmp_path,
            drafter=LLMDrafter(LLMConfig(base_url=server.base_url, model="m")),
            tokenizer=load_token_counter("tiny"),
            max_tokens=512,
            options=TaskOptions(tasks=("qa", "instruction", "end_to_end"), unanswerable_share=1.0),
        )
    found = read_records(tmp_path / "end_to_end_data.jsonl", EndToEndExample)
    assert len(found) >= 10
    for row in found:
        assert row.question[0].endswith("？")
        assert row.pos_index is not None
        assert row.metadata is not None
        assert has_span(row.context[row.pos_index[0]], row.answer)
        assert quotes(row.context[row.pos_index[0]], row.metadata["evidence"])
    instructions = read_records(tmp_path / "instruction_data.jsonl", InstructionExample)
    assert {row.output for row in instructions if (row.metadata or {}).get("unanswerable")} == {
        "所给资料没有回答这个问题。"
    }
    assert report.coverage["at_the_end"]["date"]["covered"] > 0
