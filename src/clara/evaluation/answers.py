"""Answers with their sources, as a block of an HTML report."""

from __future__ import annotations

import html
from collections.abc import Sequence

from clara.evaluation.metrics import exact_match
from clara.rag.engine import SourceHit


def answer_block(question: str, answer: str, sources: Sequence[SourceHit], *, expected: str = "") -> str:
    """A question, its answer (with what was expected, where that differs) and where it came from."""
    listed = "".join(
        f"<li><code>{html.escape(source.document)}</code>, page {source.page}, score {source.score:.3f}"
        f"<br>{html.escape(source.excerpt)}</li>"
        for source in sources
    )
    differs = expected and not exact_match(answer, [expected])
    wanted = f' <span class="note">(expected: {html.escape(expected)})</span>' if differs else ""
    return (
        f'<div class="answer"><div class="question">{html.escape(question)}</div>'
        f"<div>{html.escape(answer) or '<em>empty</em>'}{wanted}</div><ol>{listed}</ol></div>"
    )
