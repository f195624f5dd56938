"""Turn a parsed clause into a question: front the auxiliary, put names for pronouns, drop what is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clara.synthesis.drafting.clauses import Clause
from clara.synthesis.drafting.subjects import Discourse
from clara.synthesis.drafting.words import GENERIC_UNITS, PREPOSITIONS
from clara.synthesis.drafts import Draft


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause together with what its subject is called on its own, and what has been said before."""

    clause: Clause
    subject: str
    discourse: Discourse

    def draft(self, kind: str, answer: str, *questions: str) -> list[Draft]:
        """A one-element list, or [] when no question or answer survives."""
        kept = tuple(dict.fromkeys(tidy_question(question) for question in questions if question))
        answer = tidy_answer(answer)
        if not kept or not answer:
            return []
        return [Draft(questions=kept, answer=answer, evidence=self.clause.sentence, kind=kind)]

    def ask(self, word: str, rest: str) -> str:
        """'When' + 'in Perth' -> 'When was the Oru built in Perth?'"""
        clause = self.clause
        rest = self.settle(rest)
        if clause.form in ("passive", "perfect", "modal"):
            body = f"{clause.auxiliary} {self.subject} {clause.words} {rest}"
        elif clause.form == "be":
            body = f"{clause.auxiliary} {self.subject} {rest}"
        else:
            auxiliary = "do" if clause.auxiliary == "does" and _is_plural(self.subject) else clause.auxiliary
            body = f"{auxiliary} {self.subject} {clause.verb} {rest}"
        return f"{word} {body}?"

    def settle(self, rest: str) -> str:
        """'it', 'its engineering' and 'the unit' as names, where another thing than the subject is meant."""
        topic = self.discourse.topic
        if topic and topic != self.subject:
            rest = re.sub(r"\bit\b", topic, rest)
            rest = re.sub(r"\bits ((?:[\w-]+ )?[\w-]+)$", rf"the \1 of {_escape(topic)}", rest)
        title = self.discourse.title
        if title:
            for noun in (*GENERIC_UNITS, *self.discourse.kinds):
                rest = re.sub(rf"\b(?:the|this) {re.escape(noun)}\b(?! of\b)", lambda _: title, rest)
        return rest


def _escape(text: str) -> str:
    return text.replace("\\", r"\\")


def _is_plural(subject: str) -> bool:
    head = subject.split(" of ")[0].split()[-1]
    return head.islower() and head.endswith("s") and not head.endswith(("ss", "us", "is", "ics"))


def tidy_question(question: str) -> str:
    """One space between words, none before punctuation, a capital in front."""
    question = re.sub(r"\s+", " ", question).strip()
    question = re.sub(r"\s+([?,.;])", r"\1", question)
    question = re.sub(r"[,;:\s]+\?", "?", question)
    return question[:1].upper() + question[1:]


def tidy_answer(answer: str) -> str:
    answer = answer.strip(" ,;:–—")
    if answer.endswith(".") and not re.search(r"(?:\b[A-Z]|\b(?:Inc|Ltd|Co|Corp|Jr|Sr|etc|a\.m|p\.m))\.$", answer):
        answer = answer[:-1].rstrip()
    if answer.count("(") != answer.count(")"):
        answer = re.sub(r"\s*\([^)]*$", "", answer) if "(" in answer else ""
    if answer.count('"') % 2:
        answer = answer.strip('"') if answer.strip('"').count('"') == 0 else ""
    return answer


def noun_phrase(text: str, *, max_words: int = 10) -> str:
    """The leading noun phrase of `text` ('a small lamp' of 'a small lamp in Perth'); '' when there is none."""
    words: list[str] = []
    for word in text.split():
        bare = word.strip(",;:.")
        if bare.lower() in PREPOSITIONS and not (bare == "of" and words) and words:
            break
        if bare in ("and", "or", "that", "which", "who", "to"):
            break
        words.append(word)
        if word != bare:
            break
    phrase = " ".join(words[:])
    return "" if len(words) > max_words else phrase.strip(" ,;:")
