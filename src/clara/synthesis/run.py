"""raw_knowledge.jsonl in, three training files out: passages, drafts, verification, rows, report."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from clara.errors import UsageError
from clara.jsonl import write_jsonl, write_lines
from clara.schema import Document, Example, Passage
from clara.synthesis.assignments import assignment_rows, choose_kinds
from clara.synthesis.complex import complex_end_to_end_rows, complex_instruction_rows, complex_pretrain_rows
from clara.synthesis.cross_lingual import cross_lingual_rows
from clara.synthesis.drafts import ComplexDraft, Drafter, ModelDrafter, Rejected
from clara.synthesis.embedding import Embedder
from clara.synthesis.end_to_end import end_to_end_rows
from clara.synthesis.event_loop import run_async
from clara.synthesis.facts import PassageFacts, UnitFacts
from clara.synthesis.groups import related_groups
from clara.synthesis.instruction import instruction_rows
from clara.synthesis.judging import Judge
from clara.synthesis.language import language_of
from clara.synthesis.neighbours import Neighbours
from clara.synthesis.offline_assignments import offline_assignments
from clara.synthesis.offline_complex import group_drafts, joint_drafts
from clara.synthesis.options import TaskOptions
from clara.synthesis.pretrain import pretrain_rows
from clara.synthesis.repeated import asked_before, refuse_ambiguous, refuse_asked_in_training, refuse_repeated
from clara.synthesis.report import SynthesisReport, count_facts, rejects
from clara.synthesis.rounds import collect_assignments, collect_complex, collect_facts, collect_translations
from clara.synthesis.unanswerable import unanswerable_rows
from clara.synthesis.verify import verify_assignment, verify_complex

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
    options: TaskOptions | None = None,
    judge: Judge | None = None,
    embedder: Embedder | None = None,
) -> SynthesisReport:
    """Write pretrain_data, instruction_data and end_to_end_data .jsonl, rejects.jsonl and synthesis_report.json.

    Rows are in source order and depend on the input, the drafter's replies and the seed alone. With `eval_fraction`,
    that share of the documents goes to `*_eval.jsonl` files instead: no passage of theirs is in a training row.
    With `sample`, only so many passages are used, from as many documents as possible. `options` names the tasks;
    `judge` reads what passed the checks; `embedder` finds negatives by meaning.
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
    options = options or TaskOptions()
    held_out = choose_documents([document.id for document in documents], eval_fraction, seed=seed)
    work = collect(passages, drafter, options=options, judge=judge, held_out=held_out, seed=seed, progress=progress)
    corpus, units = run_async(work)
    report = SynthesisReport(drafter=drafter.name, seed=seed)
    for name, part, counts in (
        ("", [facts for facts in corpus if facts.passage.document not in held_out], report.rows),
        ("_eval", [facts for facts in corpus if facts.passage.document in held_out], report.eval_rows),
    ):
        if name and not eval_fraction:
            for file in FILES.values():  # an earlier run's: its documents are in the training rows now
                (output_dir / f"{file}{name}.jsonl").unlink(missing_ok=True)
            continue
        rows = make_rows(
            part,
            [unit for unit in units if (unit.passages[0].document in held_out) == bool(name)],
            num_documents=num_documents,
            num_candidates=num_candidates,
            seed=seed,
            options=options,
            embedder=embedder,
        )
        for stage, examples in rows.items():
            counts[stage] = write_jsonl(output_dir / f"{FILES[stage]}{name}.jsonl", examples)
    count_facts(report, corpus, units)
    write_jsonl(output_dir / "rejects.jsonl", rejects(corpus, units))
    usage = getattr(drafter, "usage", None)
    report.usage = usage() if callable(usage) else None
    if judge is not None:
        report.usage = {**(report.usage or {}), "judge": judge.usage()}
    if embedder is not None and embedder.usage():
        report.usage = {**(report.usage or {}), **embedder.usage()}
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
    corpus: Sequence[PassageFacts],
    units: Sequence[UnitFacts] = (),
    *,
    num_documents: int,
    num_candidates: int,
    seed: int,
    options: TaskOptions | None = None,
    embedder: Embedder | None = None,
) -> dict[str, Iterable[Example]]:
    """The rows of each stage, lazily and in source order, task by task. Distractors come from this corpus only."""
    options = options or TaskOptions()
    part = [
        PassageFacts(
            position=position,
            passage=facts.passage,
            drafts=facts.drafts,
            paraphrase=facts.paraphrase,
            translated=facts.translated,
        )
        for position, facts in enumerate(corpus)
    ]
    passages = [facts.passage for facts in part]
    positions = {passage.id: position for position, passage in enumerate(passages)}
    neighbours = Neighbours(
        [passage.text for passage in passages],
        negatives=options.negatives,
        embedder=embedder,
        documents=[passage.document for passage in passages],
    )
    neighbours.prepare([question for facts in part for draft in facts.drafts for question in draft.questions])
    skip = asked_before(part) if options.unique_questions else set()
    pretrain: list[Iterable[Example]] = [
        pretrain_rows(part, qa=options.makes("qa"), paraphrase=options.makes("paraphrase"))
    ]
    instruction: list[Iterable[Example]] = []
    end_to_end: list[Iterable[Example]] = []
    if options.makes("instruction"):
        instruction.append(instruction_rows(part, neighbours, num_documents=num_documents, seed=seed, skip=skip))
    if options.makes("end_to_end"):
        end_to_end.append(end_to_end_rows(part, neighbours, num_candidates=num_candidates, seed=seed, skip=skip))
    if options.makes("complex"):
        pretrain.append(complex_pretrain_rows(units))
        instruction.append(
            complex_instruction_rows(units, positions, passages, neighbours, num_documents=num_documents, seed=seed)
        )
        end_to_end.append(
            complex_end_to_end_rows(units, positions, passages, neighbours, num_candidates=num_candidates, seed=seed)
        )
    if options.makes("assignment"):
        instruction.append(assignment_rows(units, num_documents=num_documents))
    if options.cross_lingual:
        for stage, rows, most in (
            ("instruction", instruction, num_documents),
            ("end_to_end", end_to_end, num_candidates),
        ):
            rows.append(
                cross_lingual_rows(
                    part, neighbours, stage=stage, language=options.cross_lingual, num_passages=most, seed=seed
                )
            )
    if options.unanswerable_share:
        share = options.unanswerable_share
        instruction.append(
            unanswerable_rows(part, neighbours, share=share, num_documents=num_documents, seed=seed, skip=skip)
        )
    return {
        "pretrain": chain.from_iterable(pretrain),
        "instruction": chain.from_iterable(instruction),
        "end_to_end": chain.from_iterable(end_to_end),
    }


def choose_documents(ids: Sequence[str], share: float, *, seed: int) -> set[str]:
    """The documents held out for evaluation: a document's place does not depend on which others there are."""

    def place(document: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{seed}/{document}".encode()).digest()[:8], "big") / 2**64

    return {document for document in ids if place(document) < share}


async def collect(
    passages: Sequence[Passage],
    drafter: Drafter,
    *,
    options: TaskOptions,
    judge: Judge | None,
    held_out: Collection[str],
    seed: int,
    progress: Progress | None,
) -> tuple[list[PassageFacts], list[UnitFacts]]:
    """Everything that is known of the passages: single facts, then what combines them. No unit mixes splits."""
    try:
        corpus = await _in_order(
            [
                lambda position=position, passage=passage: collect_facts(  # type: ignore[misc]
                    position, passage, drafter, options=options, judge=judge
                )
                for position, passage in enumerate(passages)
            ],
            progress,
        )
        if options.unique_questions:
            refuse_repeated(corpus)
        refuse_ambiguous(corpus, similar=options.unique_questions)
        refuse_asked_in_training(corpus, held_out)
        units = _units(corpus, options, held_out)
        if not isinstance(drafter, ModelDrafter):
            _combine_offline(units, {facts.passage.id: facts for facts in corpus}, options)
            return corpus, units
        work: list[Callable[[], Awaitable[None]]] = [
            lambda unit=unit: _combine(unit, drafter, judge, options, seed=seed)  # type: ignore[misc]
            for unit in units
        ]
        if options.cross_lingual:
            work += [
                lambda facts=facts: collect_translations(facts, drafter, options.cross_lingual, judge)  # type: ignore[misc]
                for facts in corpus
                if facts.drafts and not _is_in(options.cross_lingual, facts.passage.text)
            ]
        await _in_order(work, progress)
        return corpus, units
    finally:
        for used in (drafter, judge):
            close = getattr(used, "close", None)
            if close is not None:
                await close()


def _is_in(language: str, text: str) -> bool:
    """Whether a passage is in the language that the questions are to be in, as far as that can be told."""
    return language_of(text) == ("zh" if language.startswith("zh") else "en") and language in ("zh", "en")


def _units(corpus: Sequence[PassageFacts], options: TaskOptions, held_out: Collection[str]) -> list[UnitFacts]:
    """Each passage alone, and groups of related passages of the same split."""
    if not options.makes("complex", "assignment"):
        return []
    units = [UnitFacts(passages=(facts.passage,)) for facts in corpus]
    for in_training in (True, False):
        part = [facts.passage for facts in corpus if (facts.passage.document not in held_out) == in_training]
        neighbours = Neighbours([passage.text for passage in part])
        for group in related_groups(part, neighbours):
            units.append(UnitFacts(passages=tuple(part[position] for position in group)))
    return units


async def _combine(
    unit: UnitFacts, drafter: ModelDrafter, judge: Judge | None, options: TaskOptions, *, seed: int
) -> None:
    if options.makes("complex"):
        await collect_complex(unit, drafter, judge)
    if options.makes("assignment"):
        await collect_assignments(unit, drafter, choose_kinds(unit.passages, seed=seed), judge)


def _combine_offline(units: Sequence[UnitFacts], facts: dict[str, PassageFacts], options: TaskOptions) -> None:
    """What rules can make of verified facts; what the checks refuse is kept with the reason, as everywhere."""
    for unit in units:
        members = [facts[passage.id] for passage in unit.passages]
        if options.makes("complex"):
            drafts: list[ComplexDraft] = group_drafts(members) if len(members) > 1 else joint_drafts(members[0])
            for draft in drafts:
                if reason := verify_complex(draft, unit.passages):
                    unit.rejected.append(Rejected(draft=draft, reason=reason, task="complex"))
                else:
                    unit.drafts.append(draft)
        if options.makes("assignment") and len(members) == 1:
            for row in offline_assignments(unit.passages[0]):
                if reason := verify_assignment(row, unit.passages):
                    unit.rejected.append(Rejected(draft=row, reason=reason, task="assignment"))
                else:
                    unit.assignments.append(row)


async def _in_order(work: Sequence[Callable[[], Awaitable[T]]], progress: Progress | None) -> list[T]:
    """The results in order of the work, IN_FLIGHT pieces at once; the first failure ends the others."""
    slots = asyncio.Semaphore(IN_FLIGHT)
    done = 0

    async def one(piece: Callable[[], Awaitable[T]]) -> T:
        nonlocal done
        async with slots:
            result = await piece()
        done += 1
        if progress is not None:
            progress(done, len(work))
        return result

    tasks = [asyncio.create_task(one(piece)) for piece in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
