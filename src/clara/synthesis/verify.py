"""Is a draft fit to train on? Every check that needs no model; the reason of a refusal is one stable keyword."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from clara.schema import Passage
from clara.synthesis.asking import holds_file_path, names_its_subject, refuse_question, speaks_of_a_document
from clara.synthesis.claims import numbers_in, squeezed, unsupported
from clara.synthesis.drafts import Assignment, ComplexDraft, Draft, Rejected
from clara.synthesis.language import is_unspaced, language_of
from clara.text import contains_answer, normalize_answer, words

__all__ = [
    "REASONS",
    "answers_differ",
    "has_span",
    "names_its_subject",
    "split_duplicates",
    "unsupported",
    "verify_draft",
]

# keyword -> what to tell an LLM that is asked to try again
REASONS = {
    "empty": "the question or the answer is empty",
    "malformed_question": "the question is not one plain sentence of 3 to 40 words ending with a question mark",
    "answer_too_long": "the answer is longer than 60 words",
    "answer_not_in_source": "the answer's words are not in the source text",
    "evidence_not_in_source": "the evidence is not quoted word for word from the source text",
    "evidence_without_answer": "the evidence says nothing of the answer: quote the piece that proves it",
    "answer_not_supported": "the answer holds a number or a name that the source text does not",
    "question_contains_answer": "the question already contains its answer",
    "dangling_subject": "the question does not name what it asks about, and nobody sees the text beside it",
    "refers_to_document": "the question speaks of the document, passage or text instead of its subject",
    "file_path": "the question or the answer holds a file name or path",
    "broken_characters": "the question or the answer holds characters that were broken when the text was decoded",
    "duplicate": "the same question was asked before",
    "asked_in_training": "a training document answers the same question, so it cannot measure anything",
    "ambiguous_question": "the same question has several answers in the text",
    "one_fact": "the evidence quotes fewer than two different pieces, so one fact is enough to answer",
    "one_passage": "the evidence comes from one passage only, or one passage alone is enough to answer",
    "output_too_long": "the output is too long for what was asked, or longer than 250 words",
    "output_copies_source": "the output repeats the source text word for word instead of doing what was asked",
    "output_not_quoted": "the output of an extraction holds something that is not in the source text word for word",
    "input_not_in_source": "the input holds a number or a name that the source text does not",
    "wrong_language": "the question is not in the language that was asked for",
    "number_changed": "the translated question does not keep every number",
    "judged_low": "a reader who checked it found it wanting",
}

_COLUMN_TITLES = re.compile(
    r"^\|[^|\n]*\|[^|\n]*\|[ \t]*\n(?=\|[ :|-]+\|[ \t]*$)", re.MULTILINE
)  # of a two-column table
_LONGEST_ANSWER = 60  # words
_LONGEST_OUTPUT = 250  # words
_CHARACTERS_PER_WORD = 2.5  # how many characters of a script without spaces weigh as much as a word
_STOP_WORDS = {
    "a", "an", "the", "of", "in", "on", "at", "to", "for", "by", "from", "with", "and", "or", "is", "are", "was",
    "were", "be", "been", "does", "do", "did", "has", "have", "had", "it", "its", "as", "that", "which", "who", "whom",
    "whose", "what", "when", "where", "how", "why", "there",
}  # fmt: skip
_COPYING_KINDS = frozenset(("summarise", "summarize", "explain", "compare", "rewrite"))
_ENTITY_KIND = re.compile(
    r"person|people|who|place|where|location|date|year|when|number|quantity|amount|organi[sz]ation|company|name"
    r"|人|地|日期|时间|時間|年|数|數|名|机构|機構|组织|組織|公司",
    re.IGNORECASE,
)


def verify_draft(draft: Draft, passage: Passage, *, extractive: bool) -> str | None:
    """The reason why a draft is refused, None when it is good.

    Extractive: the answer is a span of the passage. Otherwise: the evidence is, speaks of the answer, and the answer's
    numbers and names are in the passage.
    """
    answer = draft.answer.strip()
    if not answer or not draft.questions or not all(question.strip() for question in draft.questions):
        return "empty"
    if length(answer) > _LONGEST_ANSWER:
        return "answer_too_long"
    if extractive:
        if not has_span(passage.text, answer):
            return "answer_not_in_source"
    elif not quotes(passage.text, draft.evidence):
        return "evidence_not_in_source"
    elif unsupported(answer, passage.text):
        return "answer_not_supported"
    elif not speaks_of(draft.evidence, answer):
        return "evidence_without_answer"
    return _first_reason(draft.questions, answer, title=passage.title)


def verify_complex(draft: ComplexDraft, passages: Sequence[Passage]) -> str | None:
    """As verify_draft for a question over several facts: each is quoted, and over several passages all are needed."""
    answer = draft.answer.strip()
    if not answer or not draft.questions or not all(question.strip() for question in draft.questions):
        return "empty"
    if length(answer) > _LONGEST_ANSWER:
        return "answer_too_long"
    if not draft.evidence or not all(
        any(quotes(passage.text, quote) for passage in passages) for quote in draft.evidence
    ):
        return "evidence_not_in_source"
    if not _different_quotes(draft.evidence):
        return "one_fact"
    if len(passages) > 1 and len(passages_quoted(draft.evidence, passages)) < 2:
        return "one_passage"
    source = "\n\n".join(passage.text for passage in passages)
    if unsupported(answer, source):
        return "answer_not_supported"
    if len(passages) > 1 and any(
        contains_answer(passage.text, answer)
        and not unsupported(draft.questions[0], passage.text)
        and all(speaks_of(passage.text, quote, share=0.8) for quote in draft.evidence)
        for passage in passages
    ):
        return "one_passage"
    titles = " ".join(passage.title for passage in passages)
    return _first_reason(draft.questions, answer, title=titles, choice=True)


def verify_assignment(row: Assignment, passages: Sequence[Passage]) -> str | None:
    """The reason why an instruction row is refused: it must stand alone, and say nothing the passages do not."""
    instruction, output = row.instruction.strip(), row.output.strip()
    if not instruction or not output:
        return "empty"
    if holds_file_path(f"{instruction}\n{row.input}\n{output}"):
        return "file_path"
    if speaks_of_a_document(instruction):
        return "refers_to_document"
    source = "\n\n".join(passage.text for passage in passages)
    if not row.evidence or not all(any(quotes(passage.text, quote) for passage in passages) for quote in row.evidence):
        return "evidence_not_in_source"
    if len(passages) > 1 and len(passages_quoted(row.evidence, passages)) < 2:
        return "one_passage"
    if length(output) > _LONGEST_OUTPUT:
        return "output_too_long"
    kind = row.kind.strip().lower()
    if kind.startswith("summar") and length(output) >= length(source):
        return "output_too_long"
    if kind in _COPYING_KINDS and words(output) == words(source):
        return "output_copies_source"
    if kind == "extract" and not all(_value_is_quoted(line, source) for line in output.splitlines()):
        return "output_not_quoted"
    if unsupported(row.input, source):
        return "input_not_in_source"
    if unsupported(output, f"{source}\n{instruction}\n{row.input}"):
        return "answer_not_supported"
    return None


def verify_translation(translated: Draft, original: Draft, passage: Passage, *, language: str) -> str | None:
    """A question in another language about the same fact: right script, the numbers kept, the evidence unchanged."""
    if not translated.answer.strip() or not all(question.strip() for question in translated.questions):
        return "empty"
    for question in translated.questions:
        if is_unspaced(question) != (language.split("-")[0] in ("zh", "ja")) or (
            language == "zh" and language_of(question) != "zh"
        ):
            return "wrong_language"
    if unsupported(" ".join(numbers_in(original.questions[0])), translated.questions[0]):
        return "number_changed"
    if unsupported(" ".join(numbers_in(original.answer)), translated.answer) or unsupported(
        " ".join(numbers_in(translated.answer)), f"{passage.text} {original.answer}"
    ):
        return "answer_not_supported"
    return _first_reason(translated.questions, translated.answer, title=passage.title)


def _first_reason(questions: Sequence[str], answer: str, *, title: str, choice: bool = False) -> str | None:
    refusals = (refuse_question(question, answer, title=title, choice=choice) for question in questions)
    return next((reason for reason in refusals if reason), None)


def length(text: str) -> float:
    """Words; in scripts without spaces a word is two and a half characters."""
    return len(words(text)) / (_CHARACTERS_PER_WORD if is_unspaced(text) else 1)


def has_span(source: str, span: str) -> bool:
    """Whether `span` stands in `source` word for word; spaces and line breaks are the same."""
    return bool(span.strip()) and " ".join(span.split()) in " ".join(source.split())


def quotes(source: str, quote: str) -> bool:
    """Whether `quote` is copied from `source`; in scripts without spaces those that a PDF left behind do not count.

    >>> quotes("清华 大学\\n成立于1911年。", "清华大学成立于1911年"), quotes("It weighs 61 kg.", "weighs 60 kg")
    (True, False)
    """
    if has_span(source, quote):
        return True
    return is_unspaced(quote) and bool(squeezed(quote)) and squeezed(quote) in squeezed(source)


def speaks_of(evidence: str, answer: str, *, share: float = 0.0) -> bool:
    """Whether a quotation holds something of the answer: at least one of its words (or `share` of them). Yes, no and
    answers of function words alone hold in any."""
    wanted = set(words(answer)) - _STOP_WORDS
    if not wanted or normalize_answer(answer) in ("yes", "no", "是", "否", "不是"):
        return True
    found = wanted & set(words(evidence))
    if not found and not is_unspaced(answer):  # 'founded' for 'founding', 'Portugal' for 'Portuguese'
        stems = {word[:5] for word in words(evidence) if len(word) > 4}
        found = {word for word in wanted if word[:5] in stems}
    return bool(found) and len(found) >= share * len(wanted)


def passages_quoted(evidence: Sequence[str], passages: Sequence[Passage]) -> list[int]:
    """The places of the passages that the quotations need: each quotation counts for the first that holds it, unless
    one that is needed anyway holds it too."""
    holders = [[place for place, passage in enumerate(passages) if quotes(passage.text, quote)] for quote in evidence]
    needed = {places[0] for places in holders if len(places) == 1}
    for places in holders:
        if places and not needed & set(places):
            needed.add(places[0])
    return sorted(needed)


def _different_quotes(evidence: Sequence[str]) -> bool:
    """Whether at least two quotations are not part of one another."""
    bare = list(dict.fromkeys(squeezed(quote) for quote in evidence if quote.strip()))
    return any(one not in other and other not in one for index, one in enumerate(bare) for other in bare[index + 1 :])


def _value_is_quoted(line: str, source: str) -> bool:
    """'Height: 20 metres', '- 20 metres' and '20 metres' alike: what was extracted is in the source."""
    bare = line.strip().strip("{}[],").strip().lstrip("-*• ").strip('"')
    if not bare:
        return True
    value = re.split(r"\"?\s*[:：]\s*\"?", bare, maxsplit=1)[-1].strip('" ,')
    return not value or quotes(source, value) or quotes(source, bare) or contains_answer(source, value)


def verify_paraphrase(paraphrase: str, source: str, *, keep: Sequence[str] = ()) -> str | None:
    """None when every number and name is kept, none is new and something has changed; else what is wrong. `keep`:
    more that must stay word for word."""
    if not paraphrase.strip():
        return "the restatement is empty"
    if words(paraphrase) == words(source):
        return "the restatement repeats the text word for word"
    lost = unsupported(_COLUMN_TITLES.sub("", source), paraphrase)
    lost |= {entity for entity in keep if not contains_answer(paraphrase, entity) and unsupported(entity, paraphrase)}
    if is_unspaced(source):
        lost |= {entity for entity in keep if not contains_answer(paraphrase, entity)}
    if lost:
        return f"the restatement lost {', '.join(sorted(lost)[:5])}"
    added = unsupported(paraphrase, source)
    if added:
        return f"the restatement adds {', '.join(sorted(added)[:5])}, which the text does not say"
    return None


def entities_among(drafts: Sequence[Draft], source: str) -> list[str]:
    """Short answers that are names, places, dates or amounts and stand in the source: a restatement must keep them."""
    return [
        draft.answer
        for draft in drafts
        if _ENTITY_KIND.search(draft.kind) and length(draft.answer) <= 6 and has_span(source, draft.answer)
        and not unsupported(draft.answer, source)
    ]  # fmt: skip


def split_duplicates(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Rejected]]:
    """One draft per question of one passage; a question with several different answers is refused with all of them."""
    by_question: dict[str, list[Draft]] = {}
    for draft in drafts:
        for question in draft.questions:
            by_question.setdefault(normalize_answer(question), []).append(draft)
    kept: list[Draft] = []
    rejected: list[Rejected] = []
    seen: set[str] = set()
    for draft in drafts:
        questions: list[str] = []
        reason = "duplicate"
        for question in draft.questions:
            key = normalize_answer(question)
            if any(answers_differ(draft.answer, other.answer) for other in by_question[key]):
                reason = "ambiguous_question"
            elif key not in seen:
                seen.add(key)
                questions.append(question)
        if questions:
            kept.append(replace(draft, questions=tuple(questions)))
        else:
            rejected.append(Rejected(draft=draft, reason=reason))
    return kept, rejected


def answers_differ(one: str, other: str) -> bool:
    a, b = normalize_answer(one), normalize_answer(other)
    return a not in b and b not in a


_ASKING = re.compile(r"\b(who|whom|when|where|why|which|what|how (?:many|much|long|far|old|often)|how)\b")


def question_signature(question: str) -> tuple[str, ...]:
    """What two phrasings share when they differ in nothing but function words, order and endings.

    >>> question_signature("When was the Korva built?") == question_signature("When was Korva being built?")
    True
    >>> question_signature("Who built the Korva?") == question_signature("When was the Korva built?")
    False
    """
    found = words(question)
    if is_unspaced(question):
        return tuple(word for word in found if word not in "的了呢吗嗎是在于於")
    asking = _ASKING.search(question.lower())
    content = {word[:-1] if len(word) > 4 and word.endswith("s") else word for word in found} - _STOP_WORDS - {"being"}
    return (asking.group() if asking else "", *sorted(content))
