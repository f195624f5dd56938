"""Running headers and footers leave the text, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from clara.extraction.cleaning import EdgeLine, Edges, find_running_lines, lost_hyphens, put_back_hyphens, summarise
from clara.extraction.pdf import read_pdf


def pages_with(tops: list[str], bottoms: list[str] | None = None) -> list[Edges]:
    bottoms = bottoms or [""] * len(tops)
    return [Edges([EdgeLine(top, 0.05)], [EdgeLine(bottom, 0.95)]) for top, bottom in zip(tops, bottoms, strict=True)]


def taken(tops: list[str], bottoms: list[str] | None = None) -> list[list[str]]:
    return [[*running.top, *running.bottom] for running in find_running_lines(pages_with(tops, bottoms))]


def test_a_line_on_every_page_runs_and_so_does_one_whose_number_counts_the_pages() -> None:
    assert taken(["Aurora 2024 Report"] * 3, ["Page 7 of 9", "Page 8 of 9", "Page 9 of 9"]) == [
        ["Aurora 2024 Report", f"Page {number} of 9"] for number in (7, 8, 9)
    ]
    assert taken(["iii", "iv", "v", "vi"]) == [["iii"], ["iv"], ["v"], ["vi"]]


def test_left_and_right_pages_may_have_different_headers() -> None:
    assert taken(["Smith et al.", "Pumps in winter"] * 4) == [["Smith et al."], ["Pumps in winter"]] * 4


@pytest.mark.parametrize(
    "tops",
    [
        ["The same", "The same"],  # two pages prove nothing
        ["The same"] * 3 + [f"Other {letter}" for letter in "abcdefgh"],  # on few of the pages
        ["Chapter 1", "Chapter 2", "Chapter 3"],
        ["3 valves", "9 valves", "4 valves"],  # a number that does not count the pages
        ["12", "90", "31", "7"],
        ["A sentence that is far too long to be a header, " * 4] * 4,
    ],
)
def test_real_content_stays(tops: list[str]) -> None:
    assert taken(tops) == [[]] * len(tops)


def test_a_line_at_another_height_is_no_header() -> None:
    pages = pages_with(["Summary"] * 5)
    pages[2].top[0] = EdgeLine("Summary", 0.11)
    assert [running.top for running in find_running_lines(pages)] == [["Summary"]] * 2 + [[]] + [["Summary"]] * 2


def test_the_summary_hides_only_the_numbers_that_change() -> None:
    assert summarise(["Vol. 5, page 1", "Vol. 5, page 2", "Draft"]) == ["Vol. 5, page #", "Draft"]


def test_a_hyphen_lost_at_a_line_end_comes_back_when_the_document_writes_the_word_with_one() -> None:
    text = "A well-known pump, and a well-\r\nknown valve of the most effi-\r\ncient and long-\nlasting; efficient."
    lost = lost_hyphens([text])
    assert lost == {"wellknown": "well-known"}  # nothing tells of 'longlasting'
    assert put_back_hyphens("wellknown, efficient, wellknownness", lost) == "well-known, efficient, wellknownness"


def test_a_pdf_loses_its_headers_and_page_numbers_and_keeps_them_in_the_metadata(tmp_path: Path) -> None:
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    path = tmp_path / "report.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    for number in range(1, 5):
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, A4[1] - 40, "Aurora Pump Company - internal")
        canvas.drawCentredString(A4[0] / 2, 30, f"- {number} -")
        canvas.setFont("Helvetica", 12)
        for line in range(6):
            canvas.drawString(
                72, 700 - 16 * line, f"Page {number} tells in its line {line} what pump {number}{line} does."
            )
        canvas.showPage()
    canvas.save()
    document = read_pdf(path.read_bytes(), document_id="report.pdf")
    assert document.metadata == {"headers": ["Aurora Pump Company - internal"], "footers": ["- # -"]}
    for page in document.pages:
        assert "internal" not in page.text
        assert f"- {page.number} -" not in page.text
        assert all(f"what pump {page.number}{line} does." in page.text for line in range(6))
