"""Say a passage again in another form without a model: label and table lines become sentences, plain sentences become
'label: value' lines, and what stands on its own changes places. Every number and name stays."""

from __future__ import annotations

import random
import re

from clara.schema import Passage
from clara.synthesis.drafting.attributes import is_name_label, lower_first
from clara.synthesis.drafting.clauses import parse_clause
from clara.synthesis.drafting.sentences import Line, split_label, split_lines, split_sentences
from clara.synthesis.drafting.structured import named_by_label, read_tables, titles_its_columns
from clara.synthesis.drafting.subjects import Discourse, names_itself
from clara.synthesis.drafting.words import PARTICIPLE

_NO_PROSE = re.compile(r"https?:|www\.|[\x7f-\x9f\ufffd\ue000-\uf8ff]")
_PART = re.compile(r"(?:[;,](?: (?:and|or|but))?|[-–—:])$")  # of a sentence that the other items go on with
_WHOLE = re.compile(r"[.!?…][\"'”’»)\]*]*(?:\[[^\]]{1,30}\])*$")
_LEANS_BACK = re.compile(
    r"^(?:He|She|They|This|These|Those|That|Such|His|Her|Their|Then|However|Therefore|Thus|Also|But|And|Moreover|Later|Here"
    r"|There|Both|Another|Furthermore|Additionally|Consequently|Instead|Meanwhile|Similarly|For (?:example|instance))\b"
)


def restate(passage: Passage, *, seed: int) -> str | None:
    """Another rendering of the passage; None when it holds fewer than two statements that can change places."""
    lines = [line for line in split_lines(passage.text) if line.kind != "label" or line.text != passage.title]
    if not _can_be_turned(passage.text, lines):
        return None
    headings = [line.text.lstrip("# ") for line in lines if line.kind == "heading"]
    title = named_by_label(lines) or passage.title or (headings[0] if headings else "")
    discourse = Discourse.of(title, passage.text)
    draw = random.Random(f"{seed}/restate/{passage.id}")
    groups: list[str] = []
    for line in lines:
        if line.kind == "prose":
            groups.extend(_prose_groups(line.text, discourse, as_lines=draw.random() < 0.3))
        elif line.kind in ("label", "item"):
            groups.append(_label_sentence(line.text, discourse.title))
    for header, rows, _ in read_tables(lines):
        groups.extend(_row_sentence(header, row, discourse.title) for row in rows)
        if len(header) == 2 and re.search(r"\d", header[1]):
            groups.append(_label_sentence(f"{header[0]}: {header[1]}", discourse.title))
    groups = [group for group in groups if group]
    if len(groups) < 2:
        return None
    order = list(groups)
    draw.shuffle(order)
    if order == groups:
        order = order[1:] + order[:1]
    text = _join(order)
    missing = [
        heading for heading in dict.fromkeys([title, *headings]) if heading and heading.lower() not in text.lower()
    ]
    return "\n".join([*missing, text])


def _can_be_turned(text: str, lines: list[Line]) -> bool:
    """Whether the lines are whole statements: no sentence cut at a page's or column's end, no broken letters, no table
    whose columns have no titles. In another order, pieces would say nothing, or something else."""
    if _NO_PROSE.search(text):
        return False
    if not all(titles_its_columns(header) for header, _, _ in read_tables(lines)):
        return False
    if any(line.kind == "item" and _PART.search(line.text) for line in lines):
        return False
    prose = [line.text for line in lines if line.kind == "prose"]
    whole = [bool(_WHOLE.search(said)) and not said[:1].islower() for said in prose]
    headings = [len(said.split()) <= 6 and said[:1].isupper() for said in prose]
    if not all(one or other for one, other in zip(whole, headings, strict=True)):
        return False
    return any(whole) or any(line.kind in ("label", "table", "item") for line in lines)


def _prose_groups(prose: str, discourse: Discourse, *, as_lines: bool) -> list[str]:
    """Sentences that stand on their own, each with the ones that lean on it."""
    sentences = split_sentences(prose)
    settled = [_settle(sentence, discourse, as_line=False) for sentence in sentences]
    groups: list[str] = []
    for position, sentence in enumerate(sentences):
        stands_alone = position + 1 == len(sentences) or settled[position + 1] is not None
        if settled[position] is None and groups:
            groups[-1] = f"{groups[-1]} {sentence}"
        elif as_lines and stands_alone:
            groups.append(_settle(sentence, discourse, as_line=True) or sentence)
        else:
            groups.append(settled[position] or sentence)
    return groups


def _settle(sentence: str, discourse: Discourse, *, as_line: bool) -> str | None:
    """The sentence with its subject named; None when it leans on the one before."""
    if _LEANS_BACK.match(sentence):
        return None
    clause = parse_clause(sentence)
    first = sentence.split(" ", 1)[0].lower()
    if not discourse.title and re.search(r"\b(?:it|its|the latter|the former)\b", sentence.lower()):
        return None
    if clause is None or not sentence.startswith(clause.subject):
        return sentence if names_itself(sentence) and first not in ("it", "its") else None
    subject = discourse.resolve(clause.subject)
    if subject is None:
        return None
    after = sentence[len(clause.subject) :]
    match = re.match(r"^the ([a-z][\w ]*) of (.+)$", subject)
    is_attribute = match and match[2] == discourse.title and clause.form == "be" and not clause.tail
    if as_line and match and is_attribute and len(clause.rest.split()) <= 6:
        return f"{match[1][0].upper()}{match[1][1:]}: {clause.rest}"
    if subject == clause.subject:
        return sentence
    return f"{upper_first(subject)}{after}"


def _label_sentence(line: str, title: str) -> str:
    pair = split_label(line)
    if pair is None:
        return line if line.endswith((".", "!", "?")) else f"{line}."
    label, value = pair
    if is_name_label(label) and value == title:
        return ""
    if title and lower_first(label).split()[0] in PARTICIPLE and len(label.split()) <= 2:
        glue = (
            ""
            if len(label.split()) == 2
            else "in "
            if re.fullmatch(r"\d{4}", value)
            else "on "
            if re.search(r"\d{4}", value)
            else ""
        )
        return f"{upper_first(title)} {'was' if glue else 'is'} {lower_first(label)} {glue}{value}."
    owner = f" of {title}" if title and not is_name_label(label) else ""
    return f"The {lower_first(label)}{owner} is {value}."


def _row_sentence(header: list[str], row: list[str], title: str) -> str:
    if len(header) == 2:
        return _label_sentence(f"{row[0]}: {row[1]}", title)
    facts = [f"{lower_first(name)} {value}" for name, value in zip(header[1:], row[1:], strict=True) if value]
    return f"{row[0]}: {', '.join(facts)}." if facts else ""


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _join(groups: list[str]) -> str:
    """Sentences run on; 'label: value' lines stand alone."""
    text = ""
    for group in groups:
        is_line = split_label(group) is not None and not group.endswith(".")
        glue = "" if not text else "\n" if is_line or text.endswith("\n") else " "
        text += f"{glue}{group}" + ("\n" if is_line else "")
    return re.sub(r"\n{2,}", "\n", text).strip()
