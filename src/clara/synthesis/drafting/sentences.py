"""Cut a passage into what its lines are: headings, 'label: value' lines, tables, list items and sentences of prose."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Mt|Jr|Sr|No|Inc|Ltd|Co|Corp|Fed|Bankr|Supp|Stat|Cir|al|Eqs?|Figs|Sec|Art|Vol|Dept|vs|etc|e\.g|i\.e|cf|approx|ca|c|Fig|b|d|r|fl|Gen|Col|Lt|Sgt|Rev"
    r"|Hon|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|U\.S|U\.K|D\.C|Ph\.D)|\b[A-Z])\.$"
)
_BOUNDARY = re.compile(r"[.!?][\"'”’)\]]*(?:\[[^\]]{1,30}\])*(?:\s+|$)(?=[\"'“‘(\[]?[A-Z0-9À-Ý]|$)")
_LABEL = re.compile(r"^\**(?P<label>[A-Z][^:|.?!\n]{1,40}?)\**\s*:\**\s+(?P<value>[^|\n]+?)\s*$")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


# a short first line above long ones: 'iOS 11', then 'iOS 11 is the eleventh major release of the mobile system ...'
_TITLE_LINE = re.compile(r"\A\s*[A-Z0-9\w][^\n.!?:;|#]{1,60}\n(?=[\"'“‘(A-Z0-9`\w][^\n]{160})")


@dataclass(frozen=True, slots=True)
class Line:
    """One structural line. `kind`: heading, label, table, item or prose (a paragraph's lines joined by one space)."""

    kind: str
    text: str


def split_lines(text: str) -> list[Line]:
    """The lines of a passage by kind, hard-wrapped prose joined.

    >>> [line.kind for line in split_lines("# Oru\\n\\nOru is a lamp.\\nIt is red.\\n\\nWeight: 3 kg\\n- small")]
    ['heading', 'prose', 'label', 'item']
    """
    lines: list[Line] = []
    text = _TITLE_LINE.sub(r"\g<0>\n", text, count=1)
    prose: list[str] = []

    def close() -> None:
        if prose:
            lines.append(Line("prose", " ".join(prose)))
            prose.clear()

    for raw in text.split("\n"):
        line = raw.strip()
        kind = _kind(line)
        if kind == "prose" and line:
            prose.append(line)
            continue
        close()
        if line:
            lines.append(Line(kind, _BULLET.sub("", line) if kind == "item" else line))
    close()
    if lines and lines[0].kind == "prose" and len(lines[0].text.split()) <= 10 and lines[0].text[-1] not in ".!?:;":
        lines[0] = Line("heading", lines[0].text)  # the title that a passage opens with
    return lines


def _kind(line: str) -> str:
    if line.startswith("#"):
        return "heading"
    if line.startswith("|"):
        return "table"
    if _BULLET.match(line):
        return "item"
    if split_label(line):
        return "label"
    return "prose"


def split_label(line: str) -> tuple[str, str] | None:
    """('Weight', '61 kg') of 'Weight: 61 kg'; None for prose that merely has a colon.

    >>> split_label("**Lead engineer:** Nia Silva")
    ('Lead engineer', 'Nia Silva')
    >>> split_label("Three planets were known: Venus, Mars and Jupiter, and each had a name of its own in those days.")
    """
    match = _LABEL.match(line)
    if match is None or len(match["label"].split()) > 5 or len(match["value"]) > 120:
        return None
    if re.search(r"\b(?:is|are|was|were|has|have|had)\b", match["label"]):
        return None
    if re.search(r"[.!?]\s+[A-Z]", match["value"]):
        return None
    return match["label"].strip(" *"), match["value"].strip(" *").rstrip(".;")


def split_sentences(prose: str) -> list[str]:
    """Sentences of a paragraph, each an exact piece of it.

    >>> split_sentences("Dr. Silva led it in the U.S. Army. It won (twice). See J. Doe.")
    ['Dr. Silva led it in the U.S. Army.', 'It won (twice).', 'See J. Doe.']
    """
    sentences, start = [], 0
    for match in _BOUNDARY.finditer(prose):
        end = match.start() + 1
        if match.end() < len(prose) and _ABBREVIATION.search(prose[start:end]):
            continue
        sentence = prose[start : match.end()].strip()
        if sentence:
            sentences.append(sentence)
        start = match.end()
    if prose[start:].strip():
        sentences.append(prose[start:].strip())
    return sentences
