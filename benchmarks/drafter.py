"""What the offline drafter makes of English prose that it was not written for: how much, and where people would ask.

    python benchmarks/drafter.py [DIR_WITH_QA_SETS] [--seed 0] [--pairs 30]

Part one: 200 contexts drawn over nine sets of ../shared/data/qa, as many of each, without titles and never with the
questions (papers are cut at their blank lines; 30 to 400 words): the share with two verified pairs or more, the pairs
of each kind, whether every answer is a span, and the speed. Fiction (squality), mostly speech, has a line of its own.
Part two: 500 paragraphs of the English SQuAD-form sets (XQuAD en, SQuADShifts new_wiki): how many drafted answers share
a character with an answer that a person chose for that paragraph, and how many reach a token F1 of 0.5 with one.
Every figure is given for two halves, told apart by a hash of the paragraph: sentences of the half 'tuned' were read
while the rules were first written. Of the half 'unseen' one part was read later, when wrong families were hunted down;
of its other part, 'never read', only the figures were looked at, and the pairs that were judged by hand at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from clara.evaluation.metrics import f1
from clara.schema import Passage
from clara.synthesis import Draft, ExtractiveDrafter
from clara.synthesis.verify import has_span, split_duplicates, verify_draft

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "qa"
CONTEXTS, SQUAD_PARAGRAPHS = 200, 500
MIN_WORDS, MAX_WORDS = 30, 400  # a paragraph; whole papers and stories are cut at their blank lines first
FICTION = "squality"  # short stories, mostly speech: no source of facts, reported beside the 200
HALVES = ("tuned", "unseen")
NEVER_READ = "never read"  # about half of 'unseen'
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A context, and the (start, text) of each human answer where the set has them."""

    set_name: str
    text: str
    answers: tuple[tuple[int, str], ...] = ()

    @property
    def half(self) -> str:
        return HALVES[hashlib.sha256(self.text.encode()).digest()[0] % 2]

    @property
    def was_read(self) -> bool:
        return self.half == "tuned" or hashlib.sha256(self.text.encode()).digest()[1] % 2 == 0

    @property
    def passage(self) -> Passage:
        return Passage(
            id=hashlib.sha256(self.text.encode()).hexdigest()[:12],
            document=self.set_name,
            page=1,
            start=0,
            end=len(self.text),
            text=self.text,
        )


def read_contexts(folder: Path) -> dict[str, list[str]]:
    """The contexts of the ten English sets, each once, in file order."""
    readers = {
        "xquad": lambda: (p["context"] for p in _squad(folder / "xquad/xquad.en.json")),
        "squadshifts": lambda: (p["context"] for p in _squad(folder / "squadshifts/new_wiki_v1.0.json")),
        "hotpotqa": lambda: (
            " ".join(part.strip() for part in sentences)
            for row in _rows(folder / "hotpotqa/dev_sample_479.jsonl")
            for _, sentences in row["context"]
        ),
        "2wikimultihop": lambda: (
            " ".join(part.strip() for part in sentences)
            for row in _rows(folder / "2wikimultihop/dev_first_80.jsonl")
            for _, sentences in row["context"]
        ),
        "musique": lambda: (
            paragraph["paragraph_text"]
            for row in json.loads((folder / "musique/train_100.json").read_text("utf-8"))
            for paragraph in row["paragraphs"]
        ),
        "nq_qed": lambda: (row["paragraph_text"] for row in _rows(folder / "nq_qed/nq-train-00-qed.jsonl")),
        "mtrag_un": lambda: (
            context["text"] for row in _rows(folder / "mtrag_un/reference.jsonl") for context in row["contexts"]
        ),
        "clara_example": lambda: (
            document for row in _rows(folder / "clara_example/pretrain_data.jsonl") for document in row["docs"]
        ),
        "covidqa": lambda: _blocks(p["context"] for p in _squad(folder / "covidqa/200423_covidQA.json")),
        "squality": lambda: _blocks(row["document"] for row in _rows(folder / "squality/dev.jsonl")),
    }
    contexts = {}
    for name, read in readers.items():
        texts = dict.fromkeys(text.strip() for text in read())
        contexts[name] = [text for text in texts if MIN_WORDS <= len(text.split()) <= MAX_WORDS and _is_english(text)]
    return contexts


def read_squad(folder: Path) -> list[Paragraph]:
    """The paragraphs with human answers."""
    found = []
    for name, path in (("xquad", "xquad/xquad.en.json"), ("squadshifts", "squadshifts/new_wiki_v1.0.json")):
        for paragraph in _squad(folder / path):
            answers = {
                (answer["answer_start"], answer["text"]) for qa in paragraph["qas"] for answer in qa.get("answers", ())
            }
            found.append(Paragraph(name, paragraph["context"], tuple(sorted(answers))))
    return found


def sample_contexts(folder: Path, *, seed: int) -> list[Paragraph]:
    """As many of each set, fiction apart."""
    rng = random.Random(seed)
    contexts = {name: texts for name, texts in sorted(read_contexts(folder).items()) if name != FICTION}
    shares = [CONTEXTS // len(contexts) + (place < CONTEXTS % len(contexts)) for place in range(len(contexts))]
    return [
        Paragraph(name, text)
        for (name, texts), count in zip(contexts.items(), shares, strict=True)
        for text in rng.sample(texts, count)
    ]


def verified_drafts(passage: Passage) -> list[Draft]:
    """What synthesis would keep of the passage."""
    drafts, _ = split_duplicates(ExtractiveDrafter().draft_now(passage))
    return [draft for draft in drafts if verify_draft(draft, passage, extractive=True) is None]


def answer_place(text: str, draft: Draft) -> tuple[int, int]:
    """The characters of the answer, in the sentence that it was drafted from where the text has it word for word."""
    sentence = max(text.find(draft.evidence), 0)
    start = text.find(draft.answer, sentence)
    return start, start + len(draft.answer)


def overlaps(text: str, draft: Draft, answers: Iterable[tuple[int, str]]) -> bool:
    start, end = answer_place(text, draft)
    return start >= 0 and any(start < place + len(answer) and place < end for place, answer in answers)


def share(flags: Sequence[bool]) -> str:
    return f"{sum(flags) / max(len(flags), 1):6.1%} of {len(flags)}"


def report_yield(paragraphs: Sequence[Paragraph]) -> None:
    started = time.process_time()
    drafted = [(paragraph, verified_drafts(paragraph.passage)) for paragraph in paragraphs]
    seconds = time.process_time() - started
    pairs = [(paragraph, draft) for paragraph, drafts in drafted for draft in drafts]
    spans = sum(has_span(paragraph.text, draft.answer) for paragraph, draft in pairs)
    print(f"{len(paragraphs)} contexts, {len(pairs)} verified pairs; answers that are a span: {spans} of {len(pairs)}")
    for label, chosen in _by_half(drafted):
        counts = [len(drafts) for _, drafts in chosen]
        enough = share([count >= 2 for count in counts])
        print(f"  {label:14} two pairs or more: {enough}; pairs per paragraph: {statistics.fmean(counts or [0]):.1f}")
    for label, chosen in _groups(drafted, lambda pair: pair[0].set_name, sorted({p.set_name for p in paragraphs}))[1:]:
        print(f"  {label:14} two pairs or more: {share([len(drafts) >= 2 for _, drafts in chosen])}")
    print(f"  speed: {len(paragraphs) / max(seconds, 1e-9):.0f} paragraphs/s of processor time, verification included")
    kinds = Counter(draft.kind for _, draft in pairs).most_common(24)
    print("  kinds:", ", ".join(f"{kind} {count}" for kind, count in kinds))


def report_overlap(paragraphs: Sequence[Paragraph]) -> list[tuple[Paragraph, Draft]]:
    pairs = [(paragraph, draft) for paragraph in paragraphs for draft in verified_drafts(paragraph.passage)]
    print(f"{len(paragraphs)} SQuAD-form paragraphs, {len(pairs)} verified pairs")
    for label, chosen in _by_half(pairs):
        characters = share([overlaps(paragraph.text, draft, paragraph.answers) for paragraph, draft in chosen])
        tokens = share([_best_f1(draft, paragraph) >= 0.5 for paragraph, draft in chosen])
        print(
            f"  {label:14} answers sharing a character with a human one: {characters}; with token F1 >= 0.5: {tokens}"
        )
    by_kind: dict[str, list[bool]] = {}
    for paragraph, draft in pairs:
        by_kind.setdefault(draft.kind, []).append(overlaps(paragraph.text, draft, paragraph.answers))
    frequent = sorted(by_kind.items(), key=lambda item: -len(item[1]))[:16]
    print("  by kind:", ", ".join(f"{kind} {sum(hits)}/{len(hits)}" for kind, hits in frequent))
    return pairs


def print_pairs(pairs: Sequence[tuple[Paragraph, Draft]], count: int, *, seed: int) -> None:
    for number, (paragraph, draft) in enumerate(random.Random(seed).sample(list(pairs), min(count, len(pairs))), 1):
        print(f"{number:3}. [{draft.kind}, {paragraph.half}] {draft.questions[0]}\n     -> {draft.answer}")
        print(f"     {draft.evidence}")


def _groups(items: Sequence[T], key: Callable[[T], str], names: Iterable[str]) -> list[tuple[str, list[T]]]:
    return [("all", list(items)), *((name, [item for item in items if key(item) == name]) for name in names)]


def _by_half(items: Sequence[tuple[Paragraph, T]]) -> list[tuple[str, list[tuple[Paragraph, T]]]]:
    never = [item for item in items if not item[0].was_read]
    return [*_groups(items, lambda item: item[0].half, HALVES), (NEVER_READ, never)]


def _best_f1(draft: Draft, paragraph: Paragraph) -> float:
    return max((f1(draft.answer, [answer]) for _, answer in paragraph.answers), default=0.0)


def _squad(path: Path) -> Iterator[dict[str, Any]]:
    for article in json.loads(path.read_text("utf-8"))["data"]:
        yield from article["paragraphs"]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())


def _blocks(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from text.replace("\r", "").split("\n\n")


def _is_english(text: str) -> bool:
    common = sum(word.lower() in {"the", "of", "and", "a", "in", "to", "is", "was"} for word in text.split())
    return common >= len(text.split()) / 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT_FOLDER, help="the folder that holds the sets")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=30, help="how many random pairs to print")
    parser.add_argument("--half", choices=(*HALVES, NEVER_READ), help="print pairs of this half only")
    arguments = parser.parse_args()
    report_yield(sample_contexts(arguments.folder, seed=arguments.seed))
    stories = random.Random(arguments.seed).sample(read_contexts(arguments.folder)[FICTION], 50)
    told = [len(verified_drafts(Paragraph(FICTION, text).passage)) >= 2 for text in stories]
    print(f"  fiction, apart: two pairs or more: {share(told)}")
    paragraphs = random.Random(arguments.seed).sample(read_squad(arguments.folder), SQUAD_PARAGRAPHS)
    pairs = report_overlap(paragraphs)
    chosen = [pair for pair in pairs if arguments.half in (None, pair[0].half)]
    if arguments.half == NEVER_READ:
        chosen = [pair for pair in pairs if not pair[0].was_read]
    print_pairs(chosen, arguments.pairs, seed=arguments.seed)


if __name__ == "__main__":
    main()
