"""One self-contained HTML page: no script, no font, no picture from elsewhere. Blocks are HTML strings made here."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from clara.reporting.interval import Interval

_STYLE = """
:root { --ink: #22262c; --soft: #636b75; --line: #e3e6ea; --accent: #2f5d8a; --panel: #f6f8fa; }
* { box-sizing: border-box; }
html { background: #fff; color: var(--ink); }
body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; margin: 0 auto;
  max-width: 62rem; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .35rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .7rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
p { margin: .6rem 0; } .subtitle, figcaption, .note { color: var(--soft); } .note { font-size: .9rem; }
figure { margin: 1rem 0; } figcaption { font-size: .88rem; margin-top: .3rem; }
svg { display: block; width: 100%; height: auto; max-width: 46rem; }
svg text { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif !important; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .42rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; color: var(--soft); border-bottom-width: 2px; }
td.number, th.number { text-align: right; } td.number { white-space: nowrap; }
td small { color: var(--soft); margin-left: .35rem; }
td.number small { display: block; margin-left: 0; } td:first-child { min-width: 9rem; }
tr.strong td { background: #eef4fa; font-weight: 600; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.card { flex: 1 1 9rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
  padding: .8rem 1rem; }
.card b { display: block; font-size: 1.5rem; line-height: 1.2; color: var(--accent); }
.card span { color: var(--soft); font-size: .85rem; }
.answer { border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: .4rem; margin: .9rem 0;
  padding: .7rem 1rem; } .answer .question { font-weight: 600; }
.answer ol { margin: .5rem 0 0; padding-left: 1.3rem; font-size: .88rem; color: var(--soft); }
.answer code { color: var(--ink); }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .88em; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; overflow-x: auto; }
@media print { body { max-width: none; padding: 0; } h2, figure, .answer { break-inside: avoid; } }
"""

Cell = str | int | float | Interval | None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with blocks of HTML under it, as the functions of this file make them."""

    title: str
    blocks: list[str] = field(default_factory=list)


def render_report(title: str, sections: Sequence[Section], *, subtitle: str = "") -> str:
    """The whole page as one string of HTML."""
    body = [f"<h1>{html.escape(title)}</h1>"]
    if subtitle:
        body.append(f'<p class="subtitle">{html.escape(subtitle)}</p>')
    for section in sections:
        body += ["<section>", f"<h2>{html.escape(section.title)}</h2>", *section.blocks, "</section>"]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def note(text: str) -> str:
    """A remark in smaller, softer type."""
    return f'<p class="note">{html.escape(text)}</p>'


def code(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>"


def cards(figures: Sequence[tuple[str, str]]) -> str:
    """Headline numbers side by side, as (number, what it is)."""
    inside = "".join(
        f'<div class="card"><b>{html.escape(n)}</b><span>{html.escape(w)}</span></div>' for n, w in figures
    )
    return f'<div class="cards">{inside}</div>'


def table(headers: Sequence[str], rows: Sequence[Sequence[Cell]], *, strong: Sequence[int] = ()) -> str:
    """A table; intervals are shown as mean and range, None as a dash. Rows whose position is in `strong` stand out.

    >>> table(["system", "EM"], [["clara", Interval(0.5, 0.4, 0.6, 100)]]).count('<td class="number">')
    1
    """
    numeric = [
        bool(rows) and all(not isinstance(row[i], str) or _is_number(str(row[i])) for row in rows)
        for i in range(len(headers))
    ]
    head = "".join(_cell("th", html.escape(header), numeric[i]) for i, header in enumerate(headers))
    body = "".join(
        ('<tr class="strong">' if position in strong else "<tr>")
        + "".join(_cell("td", _shown(cell), numeric[i]) for i, cell in enumerate(row))
        + "</tr>"
        for position, row in enumerate(rows)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def figure(svg: str, caption: str = "") -> str:
    """A chart of plots.py with its caption."""
    shown = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{svg}{shown}</figure>"


def _cell(tag: str, inside: str, numeric: bool) -> str:
    return f'<{tag} class="number">{inside}</{tag}>' if numeric else f"<{tag}>{inside}</{tag}>"


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, Interval):
        return f"{cell.mean:.3f}<small>{cell.low:.2f}–{cell.high:.2f}</small>"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return html.escape(cell)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-–+]?[\d,. ]*( ?(s|%|×|min))?", text) is not None
