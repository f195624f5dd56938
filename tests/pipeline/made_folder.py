"""A folder of real files of five formats, small enough to be read in a second."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"
TOWNS = ("Vesper", "Orlin", "Taverley", "Quill", "Brannock", "Sable", "Pellan", "Marrow", "Idris", "Fenwold")


def make_raw_data(folder: Path, *, count: int = 8) -> None:
    """`count` Markdown pages about bridges, a Word, a PowerPoint and a PDF file, and one file that is none of them."""
    import docx
    import pptx
    from reportlab.pdfgen import canvas

    folder.mkdir(parents=True)
    for number in range(count):
        name = f"{TOWNS[number % len(TOWNS)]} Bridge {number}"
        (folder / f"bridge{number:02}.md").write_text(
            f"# {name}\n\n{name} is a road bridge. It was built in {1900 + number} and designed by Mara Lind{number}. "
            f"Its length is {100 + number} metres. It weighs {2000 + 3 * number} tonnes.\n",
            encoding="utf-8",
        )
    word = docx.Document()
    word.add_heading("Korva Press", level=1)
    word.add_paragraph("The Korva Press is a compact press. It was built in 1931. It weighs 61 kg.")
    word.save(str(folder / "korva.docx"))
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "Halden Saw"
    slide.placeholders[1].text = "The Halden Saw is a band saw. Its weight is 70 kg."
    slides.save(str(folder / "halden.pptx"))
    page = canvas.Canvas(str(folder / "vessa.pdf"), invariant=1)
    page.drawString(72, 720, "The Vessa Drill is a bench drill. It was designed by Liv Moen.")
    page.save()
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 nothing more")


def start(*arguments: object, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """`clara ARGUMENTS` of this working tree, as a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "BASE_URL", "MODEL")}
    paths = os.pathsep.join(filter(None, (str(SRC), kept.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", "clara", *map(str, arguments)],
        cwd=cwd, env={**kept, "PYTHONPATH": paths, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def run(*arguments: object, cwd: Path, code: int = 0, **environment: str) -> str:
    """Its whole output; the exit code must be `code`."""
    process = start(*arguments, cwd=cwd, **environment)
    said, _ = process.communicate(timeout=240)
    assert process.returncode == code, said
    return said


def results(folder: Path) -> dict[str, bytes]:
    """Every file that must be the same however the run went: all but logs, times and journals."""
    names = ("raw_knowledge.jsonl", "rejects.jsonl", "synthesis_report.json", "data_card.json", "manifest.json")
    found = [*sorted(folder.glob("*_data*.jsonl")), *(folder / name for name in names)]
    return {path.name: path.read_bytes() for path in found}
