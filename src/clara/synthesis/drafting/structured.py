"""Facts from lines that are not prose: 'label: value', table rows, bullets. Each cell of a table is a fact."""

from __future__ import annotations

import re

from clara.synthesis.drafting.attributes import attribute_kind, attribute_questions, is_name_label
from clara.synthesis.drafting.sentences import Line, split_label
from clara.synthesis.drafts import Draft


def draft_labels(lines: list[Line], subject: str) -> list[Draft]:
    """Facts of 'Weight: 61 kg' and '- Weight: 61 kg' lines about `subject`; [] when there is no subject."""
    drafts = []
    for line in lines:
        pair = split_label(line.text) if line.kind in ("label", "item") else None
        if pair and subject and not is_name_label(pair[0]):
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
        two_columns = len(header) == 2
        if two_columns and _is_attribute_table(header, rows, subject):
            body = rows if _is_title_row(header) else [header, *rows]
            sources = raw if _is_title_row(header) else [_row(header), *raw]
            for (attribute, value), source in zip(body, sources, strict=True):
                if subject and not is_name_label(attribute):
                    drafts.extend(_fact(attribute, value, subject, source))
        else:
            for cells, source in zip(rows, raw, strict=True):
                name = cells[0]
                if not re.search(r"[A-Za-z]{2}", name):
                    continue
                for attribute, value in zip(header[1:], cells[1:], strict=False):
                    drafts.extend(_fact(attribute, value, _row_subject(name, subject), source))
    return drafts


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
    firsts = [header[0], *(row[0] for row in rows)]
    names = sum(bool(re.match(r"(?:[A-Z]\w+ )+[A-Z0-9]", first)) or bool(re.search(r"\d", first)) for first in firsts)
    return bool(re.search(r"\d", header[1])) or names <= len(firsts) // 3


def _fact(attribute: str, value: str, subject: str, evidence: str) -> list[Draft]:
    attribute, value = attribute.strip(" *:"), value.strip(" *").rstrip(".")
    if not re.match(r"[A-Za-z]", attribute) or not re.search(r"\w", value):
        return []
    if len(attribute.split()) > 6 or len(value.split()) > 15 or value.lower() in ("n/a", "none", "-", "yes", "no"):
        return []
    questions = attribute_questions(attribute, subject, value)
    return [Draft(questions=questions, answer=value, evidence=evidence, kind=attribute_kind(attribute))]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


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
            cells = [_cells(text) for text in rows]
            body = [(row, text) for row, text in zip(cells[1:], rows[1:], strict=True) if len(row) == len(cells[0])]
            tables.append((cells[0], [row for row, _ in body], [text for _, text in body]))
        run = []
    return tables
