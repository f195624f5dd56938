"""Facts from lines that are not prose: 'label: value', table rows, bullets. Each cell of a table is a fact."""

from __future__ import annotations

import re

from clara.synthesis.drafting.attributes import (
    attribute_kind,
    attribute_questions,
    is_known_attribute,
    is_name_label,
    lower_first,
)
from clara.synthesis.drafting.sentences import Line, split_label
from clara.synthesis.drafts import Draft
from clara.text import table_cells


def draft_labels(lines: list[Line], subject: str) -> list[Draft]:
    """Facts of 'Weight: 61 kg' and '- Weight: 61 kg' lines about `subject`; [] when there is no subject."""
    drafts = []
    for line in lines:
        pair = split_label(line.text) if line.kind in ("label", "item") else None
        if pair and subject and not is_name_label(pair[0]) and not _NO_ATTRIBUTE.match(pair[0]):
            drafts.extend(_fact(pair[0], pair[1], subject, line.text))
    return drafts


def named_by_label(lines: list[Line]) -> str:
    """'Oru' when a line says 'Name: Oru'."""
    for line in lines:
        pair = split_label(line.text) if line.kind in ("label", "item") else None
        if pair and is_name_label(pair[0]):
            return pair[1]
    return ""


def draft_tables(lines: list[Line], subject: str) -> list[Draft]:
    """Facts of Markdown tables: two columns are attribute and value; more are one subject per row."""
    drafts = []
    for header, rows, raw in read_tables(lines):
        header, rows = _with_whole_names(header, rows)
        two_columns = len(header) == 2
        if two_columns and _is_attribute_table(header, rows, subject):
            body = rows if _is_title_row(header) else [header, *rows]
            sources = raw if _is_title_row(header) else [_row(header), *raw]
            for (attribute, value), source in zip(body, sources, strict=True):
                if subject and not is_name_label(attribute):
                    drafts.extend(_fact(attribute, value, subject, source))
        else:
            drafts.extend(_rows(header, rows, raw, _without_number(subject)))
    return drafts


def _rows(header: list[str], rows: list[list[str]], raw: list[str], subject: str) -> list[Draft]:
    """Facts of a table with one subject per row. Cells that would need a guess (merged titles, no name) are left
    out."""
    if rows and _second_titles(header, rows[0]):
        header = [
            title if title == more else f"{title} {more}".strip() for title, more in zip(header, rows[0], strict=True)
        ]
        rows, raw = rows[1:], raw[1:]
    if not titles_its_columns(header):
        return []
    drafts = []
    for cells, source in zip(rows, raw, strict=True):
        if cells[1:] and len({*cells}) == 1:
            continue  # a title across the whole row
        for title, value in _titled_cells(header, cells):
            drafts.extend(_cell(header[0], cells[0], title, value, subject, source))
    return drafts


def titles_its_columns(header: list[str]) -> bool:
    """Whether every column after the first has a title of its own, and none is a value or a piece of a title.

    >>> titles_its_columns(["Lamp", "Weight"]), titles_its_columns(["Lamp", "", "Weight"])
    (True, False)
    >>> titles_its_columns(["Gas", "THRESHOLD FOR", "RELEASES"]), titles_its_columns(["Soil", "0.000666 STP"])
    (False, False)
    """
    return all(header[1:]) and not any(
        _CUT_TITLE.search(title) or (_VALUE.match(title) and not _PERIOD.match(title)) for title in header[1:]
    )


def _with_whole_names(header: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """'Last Name | First Name' as one column: a person is not named by half a name."""
    titles = [title.strip(" *:").lower() for title in header[:2]]
    if len(header) > 2 and titles[0] in _LAST_NAMES and titles[1] in _FIRST_NAMES:
        return ["Name", *header[2:]], [[f"{row[1]} {row[0]}".strip(), *row[2:]] for row in rows]
    if len(header) > 2 and titles[0] in _FIRST_NAMES and titles[1] in _LAST_NAMES:
        return ["Name", *header[2:]], [[f"{row[0]} {row[1]}".strip(), *row[2:]] for row in rows]
    return header, rows


def _titled_cells(header: list[str], cells: list[str]) -> list[tuple[str, str]]:
    """(column title, value); columns under one title count where only one of them holds a value ('$' | '12')."""
    values: dict[str, list[str]] = {}
    for title, value in zip(header[1:], cells[1:], strict=False):
        if re.search(r"\w", value) and value not in values.setdefault(title, []):
            values[title].append(value)
    return [(title, found[0]) for title, found in values.items() if len(found) == 1]


def _second_titles(header: list[str], row: list[str]) -> bool:
    """Whether a first row goes on with the titles, as under titles that span columns."""
    merged = [place for place, title in enumerate(header) if title and header.count(title) > 1]
    if not merged or any(re.search(r"\d", row[place]) for place in merged):
        return False
    return any(header[place] == row[place] for place in range(len(header)) if place not in merged)


def _cell(name_title: str, name: str, title: str, value: str, subject: str, source: str) -> list[Draft]:
    if _MARKUP.search(f"{name}{title}{value}") or not re.search(r"\w", name):
        return []
    name, title = name.strip(" *"), _small_title(_NOTE_MARK.sub("", title).strip(" *:"))
    owner = f" of {subject}" if subject else ""
    if title.lower() in ("actual", "expected", "planned", "other", "total", "all", "details", "image", "links"):
        return []
    if _PERIOD.match(title) and re.search(r"[A-Za-z]{3}", name) and re.search(r"\d", value):
        measured, when = _small_title(name), title[:1].upper() + title[1:]
    elif _PERIOD_TITLE.match(name_title) and _PERIOD.match(name) and re.match(r"[A-Za-z]", title):
        measured, when = title, name
    elif re.search(r"[A-Za-z]{2}", name) and not re.fullmatch(r"(?:col|column|row|header)?[-_ ]?\d*", title):
        return _fact(title, value, _row_subject(name, subject), source)
    else:
        return []
    if len(measured.split()) > 8 or value.lower() in _NO_VALUES:
        return []
    be = "were" if re.search(r"[^su]s$", measured) else "was"
    return [
        Draft(
            questions=(f"What {be} the {measured}{owner} in {when}?",),
            answer=value.strip(" *"),
            evidence=source,
            kind=attribute_kind(measured),
        )
    ]


_LAST_NAMES = {"last name", "surname", "family name", "lastname"}
_FIRST_NAMES = {"first name", "given name", "forename", "firstname"}
_NO_ATTRIBUTE = re.compile(
    r"^(?:fig(?:ure)?|table|box|exhibit|photo|image|notes?|source|step|example|warning|caution|tip|practice tips?|see"
    r"|key ?words?|abbreviations?|from|to|cc|subject|re|dear [\w ]+)\b\.?\s*\d*$",
    re.IGNORECASE,
)
_NOTE_MARK = re.compile(r"\s*\([*†‡]+\)$")  # 'participants (*)'
_TWO_VALUES = re.compile(r"\d\.\d+ \d+\.\d")  # two rows that were read as one
_CUT_TITLE = re.compile(r"(?:^|\s)(?:for|of|and|or|the|to|in|on|by|with|from|per)$", re.IGNORECASE)
_VALUE = re.compile(r"^[-+<>≤≥~]?\s?[$€£]?\d[\d.,\s]*%?(?:\s|$)")
_MARKUP = re.compile(r"<!--|\*\*|~~|\]\(|https?:|`|\.\.\.$|[{}\\]")
_PERIOD = re.compile(
    r"^(?:(?:FY|fiscal |year |Q[1-4] |H[12] |q[1-4] )?(?:1[89]|20)\d\d(?:[-/–]\d{2,4})?|(?:January|February"
    r"|March|April|May|June|July|August"
    r"|September|October|November|December)(?: \d{1,2},)? (?:1[89]|20)\d\d|Q[1-4]|q[1-4])$",
    re.IGNORECASE,
)
_PERIOD_TITLE = re.compile(r"^(?:fiscal |financial )?(?:year|years|period|quarter|month|date|season)$", re.IGNORECASE)
_NO_VALUES = {"n/a", "na", "none", "-", "–", "—", "yes", "no", "true", "false", "x", "nil", "tbd"}


def _small_title(title: str) -> str:
    """'Unit Cost' -> 'unit cost'; names and abbreviations keep their capitals."""
    words = title.split()
    if len(words) > 1 and all(re.fullmatch(r"[A-Z][a-z]+|of|and|in|per|the|for|by", word) for word in words):
        return title.lower()
    return lower_first(title) if title else title


def _without_number(subject: str) -> str:
    """A heading as the name of a thing; '' for 'Sheet1' and for what is numbered or long."""
    if re.match(
        r"(?:sheet|table|page|slide|section)? ?\d[\d.]*\b|(?:sheet|table|page|slide)\b", subject, re.IGNORECASE
    ):
        return ""
    return subject if len(subject.split()) <= 6 else ""


def _row_subject(name: str, subject: str) -> str:
    return name if re.match(r"[A-Z]", name) or not subject else f"{name} of {subject}"


def _is_title_row(header: list[str]) -> bool:
    """Whether the first row names the columns instead of holding a fact."""
    titles = {
        "attribute",
        "property",
        "field",
        "parameter",
        "specification",
        "characteristic",
        "feature",
        "item",
        "key",
    }
    values = {"value", "values", "detail", "details", "description", "data", "specification", "information"}
    return header[0].lower() in {*titles, "", "fact"} or header[1].lower() in values


def _is_attribute_table(header: list[str], rows: list[list[str]], subject: str) -> bool:
    if not subject:
        return False
    if _is_title_row(header):
        return True
    if header[0] == header[1] or not any(is_known_attribute(first) for first in (header[0], *(row[0] for row in rows))):
        return False
    if is_name_label(header[0]) and header[1].lower() not in subject.lower() and not re.search(r"\d", header[1]):
        return False
    firsts = [header[0], *(row[0] for row in rows)]
    names = sum(bool(re.match(r"(?:[A-Z]\w+ )+[A-Z0-9]", first)) or bool(re.search(r"\d", first)) for first in firsts)
    return bool(re.search(r"\d", header[1])) or names <= len(firsts) // 3


def _fact(attribute: str, value: str, subject: str, evidence: str) -> list[Draft]:
    attribute, value = attribute.strip(" *:"), value.strip(" *").rstrip(".")
    if not re.match(r"[A-Za-z]", attribute) or not re.search(r"\w", value) or _MARKUP.search(f"{attribute}{value}"):
        return []
    if _TWO_VALUES.search(value):
        return []
    if len(attribute.split()) > 6 or len(value.split()) > 15 or value.lower() in _NO_VALUES:
        return []
    questions = attribute_questions(attribute, subject, value)
    return [Draft(questions=questions, answer=value, evidence=evidence, kind=attribute_kind(attribute))]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def read_tables(lines: list[Line]) -> list[tuple[list[str], list[list[str]], list[str]]]:
    """(header cells, rows of cells, rows as written) of each run of table lines."""
    tables, run = [], []
    for line in [*lines, Line("end", "")]:
        if line.kind == "table":
            run.append(line.text)
            continue
        rows = [text for text in run if not re.fullmatch(r"[|:\s-]+", text)]
        if len(rows) >= 2:
            cells = [table_cells(text) for text in rows]
            body = [(row, text) for row, text in zip(cells[1:], rows[1:], strict=True) if len(row) == len(cells[0])]
            tables.append((cells[0], [row for row, _ in body], [text for _, text in body]))
        run = []
    return tables
