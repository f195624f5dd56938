"""raw_knowledge.jsonl in, three training files out: passages, drafts, verification, rows, report."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from clara.errors import UsageError
from clara.jsonl import write_jsonl, write_lines
from clara.schema import Document, Example, Passage
from clara.synthesis.drafts import Draft, Drafter, Rejected
from clara.synthesis.end_to_end import end_to_end_rows
from clara.synthesis.facts import PassageFacts
from clara.synthesis.instruction import instruction_rows
from clara.synthesis.neighbours import Neighbours
from clara.synthesis.pretrain import pretrain_rows
from clara.synthesis.report import SynthesisReport, count_facts, rejects
from clara.synthesis.rounds import collect_facts
from clara.synthesis.verify import answers_differ
from clara.text import normalize_answer

FILES = {"pretrain": "pretrain_data", "instruction": "instruction_data", "end_to_end": "end_to_end_data"}
IN_FLIGHT = 64  # passages worked on at once; the LLM client bounds its own requests
Progress = Callable[[int, int], None]  # (passages done, passages in all)
T = TypeVar("T")


def synthesize(
    raw_knowledge: Path,
    output_dir: Path,
    *,
    drafter: Drafter,
    tokenizer: Any,
    max_tokens: int = 128,
    num_documents: int = 5,
    num_candidates: int = 8,
    seed: int = 0,
    eval_fraction: float = 0.0,
    sample: int | None = None,
    progress: Progress | None = None,
) -> SynthesisReport:
    """Write pretrain_data, instruction_data and end_to_end_data .jsonl, rejects.jsonl and synthesis_report.json.

    Rows are in source order and depend on the input, the drafter's replies and the seed alone. With `eval_fraction`,
    that share of the documents goes to `*_eval.jsonl` files instead: no passage of theirs is in a training row.
    With `sample`, only so many passages are used, from as many documents as possible.
    Raises RecordsError for a broken input line, UsageError when it holds no document, LLMError from the drafter.
    """
    from clara.chunking import chunk_document
    from clara.jsonl import read_records

    if not 1 <= num_documents <= 5:
        raise UsageError(f"num_documents must be 1 to 5, not {num_documents}")
    if num_candidates < 2:
        raise UsageError(f"num_candidates must be at least 2 (the right passage and a negative), not {num_candidates}")
    if not 0 <= eval_fraction < 1:
        raise UsageError(f"eval_fraction must be at least 0 and below 1, not {eval_fraction}")
    documents = read_records(raw_knowledge, Document)
    passages = [
        passage
        for document in documents
        for passage in chunk_document(document, tokenizer=tokenizer, max_tokens=max_tokens)
    ]
    if not passages:
        raise UsageError(f"{raw_knowledge} holds no text to make data from; was the extraction empty?")
    if sample is not None:
        passages = spread(passages, sample)
    corpus = run_async(_collect_all(passages, drafter, progress))
    _refuse_ambiguous(corpus)
    report = SynthesisReport(drafter=drafter.name, seed=seed)
    count_facts(report, corpus)
    held_out = choose_documents([document.id for document in documents], eval_fraction, seed=seed)
    for name, part, counts in (
        ("", [facts for facts in corpus if facts.passage.document not in held_out], report.rows),
        ("_eval", [facts for facts in corpus if facts.passage.document in held_out], report.eval_rows),
    ):
        if name and not eval_fraction:
            for file in FILES.values():  # an earlier run's: its documents are in the training rows now
                (output_dir / f"{file}{name}.jsonl").unlink(missing_ok=True)
            continue
        rows = make_rows(part, num_documents=num_documents, num_candidates=num_candidates, seed=seed)
        for stage, examples in rows.items():
            counts[stage] = write_jsonl(output_dir / f"{FILES[stage]}{name}.jsonl", examples)
    write_jsonl(output_dir / "rejects.jsonl", rejects(corpus))
    usage = getattr(drafter, "usage", None)
    report.usage = usage() if callable(usage) else None
    write_lines(output_dir / "synthesis_report.json", [json.dumps(report.as_json(), ensure_ascii=False, indent=2)])
    return report


def spread(passages: Sequence[Passage], count: int) -> list[Passage]:
    """`count` passages in their order: the first of every document, then the second of every document, and so on."""
    seen: dict[str, int] = {}
    turns = []
    for place, passage in enumerate(passages):
        turn = seen[passage.document] = seen.get(passage.document, 0) + 1
        turns.append((turn, place))
    return [passages[place] for place in sorted(place for _, place in sorted(turns)[:count])]


def make_rows(
    corpus: Sequence[PassageFacts], *, num_documents: int, num_candidates: int, seed: int
) -> dict[str, Iterable[Example]]:
    """The rows of each stage, lazily and in source order. Distractors come from this corpus only."""
    part = [
        PassageFacts(position=position, passage=facts.passage, drafts=facts.drafts, paraphrase=facts.paraphrase)
        for position, facts in enumerate(corpus)
    ]
    neighbours = Neighbours([facts.passage.text for facts in part])
    return {
        "pretrain": pretrain_rows(part),
        "instruction": instruction_rows(part, neighbours, num_documents=num_documents, seed=seed),
        "end_to_end": end_to_end_rows(part, neighbours, num_candidates=num_candidates, seed=seed),
    }


def choose_documents(ids: Sequence[str], share: float, *, seed: int) -> set[str]:
    """The documents held out for evaluation: a document's place does not depend on which others there are."""

    def place(document: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{seed}/{document}".encode()).digest()[:8], "big") / 2**64

    return {document for document in ids if place(document) < share}


def _refuse_ambiguous(corpus: Sequence[PassageFacts]) -> None:
    """A question that two passages answer differently cannot be retrieved: it is refused in both."""
    answers: dict[str, set[str]] = {}
    for facts in corpus:
        for draft in facts.drafts:
            for question in draft.questions:
                answers.setdefault(normalize_answer(question), set()).add(draft.answer)
    clashing = {
        question
        for question, found in answers.items()
        if len(found) > 1 and any(answers_differ(one, other) for one in found for other in found)
    }
    for facts in corpus:
        kept = []
        for draft in facts.drafts:
            questions = tuple(question for question in draft.questions if normalize_answer(question) not in clashing)
            if not questions:
                facts.rejected.append(Rejected(draft=draft, reason="ambiguous_question"))
                continue
            kept.append(Draft(questions=questions, answer=draft.answer, evidence=draft.evidence, kind=draft.kind))
        facts.drafts = kept


async def _collect_all(passages: Sequence[Passage], drafter: Drafter, progress: Progress | None) -> list[PassageFacts]:
    slots = asyncio.Semaphore(IN_FLIGHT)
    done = 0

    async def one(position: int, passage: Passage) -> PassageFacts:
        nonlocal done
        async with slots:
            facts = await collect_facts(position, passage, drafter)
        done += 1
        if progress is not None:
            progress(done, len(passages))
        return facts

    tasks = [asyncio.create_task(one(position, passage)) for position, passage in enumerate(passages)]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        close = getattr(drafter, "close", None)
        if close is not None:
            await close()


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also where a loop is already running (a notebook): then in a thread of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    outcome: list[T] = []
    failure: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]
