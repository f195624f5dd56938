"""Is a draft fit to train on? Every check that needs no model; the reason of a refusal is one stable keyword."""

from __future__ import annotations

import re
from collections.abc import Sequence

from clara.schema import Passage
from clara.synthesis.drafts import Draft, Rejected
from clara.text import contains_answer, normalize_answer, words

# keyword -> what to tell an LLM that is asked to try again
REASONS = {
    "empty": "the question or the answer is empty",
    "malformed_question": "the question is not one plain sentence of 3 to 40 words ending with a question mark",
    "answer_too_long": "the answer is longer than 60 words",
    "answer_not_in_source": "the answer's words are not in the source text",
    "evidence_not_in_source": "the evidence is not quoted word for word from the source text",
    "answer_not_supported": "the answer holds a number or a name that the source text does not",
    "question_contains_answer": "the question already contains its answer",
    "dangling_subject": "the question does not name what it asks about, and nobody sees the text beside it",
    "refers_to_document": "the question speaks of the document, passage or text instead of its subject",
    "file_path": "the question or the answer holds a file name or path",
    "duplicate": "the same question was asked before",
    "ambiguous_question": "the same question has several answers in the text",
}

_DANGLING = re.compile(
    r"\b(?:it|he|she|they|him|them|this|these|those|here|former|latter|we|us|our|i|my|you|your)\b", re.IGNORECASE
)
_OWN_US = re.compile(r"\bUS\b|\bI\b(?= [A-Z])|\b[A-Z]\w+ I\b|\bIT\b")
_DOCUMENT = re.compile(
    r"\b(?:(?:this|the|that|above|following|given|provided)"
    r" (?:document|passage|text|paragraph|excerpt|section|article|page"
    r"|slide|context|table)|according to the (?:author|text|passage|document))\b",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"\b[\w-]+\.(?:pdf|docx?|pptx?|xlsx?|csv|html?|md|txt|jsonl?)\b|(?:[\w.-]+/){2,}|[A-Za-z]:\\", re.IGNORECASE
)
_EMPTY_WORDS = {
    "what",
    "which",
    "does",
    "were",
    "have",
    "been",
    "many",
    "much",
    "long",
    "kind",
    "thing",
    "year",
    "place",
    "that",
    "with",
    "from",
    "into",
    "their",
}
_COLUMN_TITLES = re.compile(
    r"^\|[^|\n]*\|[^|\n]*\|[ \t]*\n(?=\|[ :|-]+\|[ \t]*$)", re.MULTILINE
)  # of a two-column table
_NUMBER = re.compile(r"(?<![^\W\d_])\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“(])\b[A-ZÀ-Ý][\w'’-]+", re.MULTILINE)


def verify_draft(draft: Draft, passage: Passage, *, extractive: bool) -> str | None:
    """The reason why a draft is refused, None when it is good.

    Extractive: the answer is a span of the passage. Otherwise: the evidence is, and the answer's numbers and names are.
    """
    answer = draft.answer.strip()
    if not answer or not draft.questions or not all(question.strip() for question in draft.questions):
        return "empty"
    if len(words(answer)) > 60:
        return "answer_too_long"
    if extractive:
        if not has_span(passage.text, answer):
            return "answer_not_in_source"
    elif not has_span(passage.text, draft.evidence):
        return "evidence_not_in_source"
    elif unsupported(answer, passage.text):
        return "answer_not_supported"
    return next(
        (reason for question in draft.questions if (reason := _refuse_question(question, answer, passage))), None
    )


def _refuse_question(question: str, answer: str, passage: Passage) -> str | None:
    if _FILE.search(question) or _FILE.search(answer):
        return "file_path"
    if _DOCUMENT.search(question):
        return "refers_to_document"
    if not 3 <= len(question.split()) <= 40 or not question.rstrip().endswith(("?", "？")) or "\n" in question:
        return "malformed_question"
    if question.count("(") != question.count(")") or question.count('"') % 2:
        return "malformed_question"
    if contains_answer(question, answer):
        return "question_contains_answer"
    if not names_its_subject(question, title=passage.title):
        return "dangling_subject"
    return None


def names_its_subject(question: str, *, title: str = "") -> bool:
    """Whether a reader without the text knows what is asked about.

    >>> names_its_subject("How much does it weigh?"), names_its_subject("How much does the Oru weigh?")
    (False, True)
    >>> names_its_subject("When was the company founded?"), names_its_subject("What is antigenic variation?")
    (False, True)
    """
    if _DANGLING.search(_OWN_US.sub("", question)):
        return False
    if title and title.lower() in question.lower():
        return True
    if re.search(r"\s[\"“(]?(?:[A-ZÀ-Ý]|\S*\d)", question):
        return True
    if not question.isascii():
        return True  # other languages: left to the LLM's own care
    content = [word for word in words(question)[1:] if len(word) > 3 and word not in _EMPTY_WORDS]
    return bool(content) and (len(content) >= 4 or not re.search(r"\b(?:the|his|her|their|its)\b", question))


def has_span(source: str, span: str) -> bool:
    """Whether `span` stands in `source` word for word; spaces and line breaks are the same."""
    return bool(span.strip()) and " ".join(span.split()) in " ".join(source.split())


def unsupported(text: str, source: str) -> set[str]:
    """Numbers and capitalised names of `text` that `source` does not hold."""
    known = set(words(source))
    claimed = [*_NUMBER.findall(text), *_NAME.findall(text)]
    return {claim for claim in claimed if not set(words(claim)) <= known}


def verify_paraphrase(paraphrase: str, source: str) -> str | None:
    """None when every number and name is kept, none is new and something has changed; else what is wrong."""
    if not paraphrase.strip():
        return "the restatement is empty"
    if words(paraphrase) == words(source):
        return "the restatement repeats the text word for word"
    lost = unsupported(_COLUMN_TITLES.sub("", source), paraphrase)
    if lost:
        return f"the restatement lost {', '.join(sorted(lost)[:5])}"
    added = unsupported(paraphrase, source)
    if added:
        return f"the restatement adds {', '.join(sorted(added)[:5])}, which the text does not say"
    return None


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
            kept.append(
                Draft(questions=tuple(questions), answer=draft.answer, evidence=draft.evidence, kind=draft.kind)
            )
        else:
            rejected.append(Rejected(draft=draft, reason=reason))
    return kept, rejected


def answers_differ(one: str, other: str) -> bool:
    a, b = normalize_answer(one), normalize_answer(other)
    return a not in b and b not in a
