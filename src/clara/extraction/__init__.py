"""Source files to Documents: PDF, Office, HTML, text and pictures, each parsed in a child process with limits.
Knows no passages.

folder.py    a folder -> raw_knowledge.jsonl and extraction_report.json; incremental, resumes after a kill
report.py    the fate of every file, as extraction_report.json has it
listing.py   which files are read, and why the others are not
pool.py      reusable child processes with a time and a memory limit
worker.py    the child's side: one file in, one Document or one typed failure out
readers.py   the table of readers, and the stamps that say whether an earlier result stands
sniff.py     what a file really is, whatever its name says
settings.py  what a run asks of the readers: OCR, languages, backend
images.py    pictures inside documents: checked, saved once beside the output, named by a block
pdf.py, docx.py, pptx.py, xlsx.py, html.py, markdown.py, txt.py, delimited.py (CSV, TSV), picture.py
             bytes -> Document, one function for each type
pdf_pages.py, pdf_layout.py   what PDFium knows of a page; liteparse's layout of it, repaired
docling.py   the program docling in place of liteparse, where it is asked for
ocr.py       pictures of text to text, by the program tesseract
cleaning.py  running headers and footers taken out, hyphens lost at line ends put back
docx_inline.py, docx_styles.py   the inside of a paragraph; what a paragraph is, and Word's numbers
ooxml.py, drawing.py, equations.py   what Office files share: the guarded archive; charts, diagrams, pictures; formulas
encoding.py  bytes of a text file to text
prose.py     text as people wrote it: wrapped lines joined, hyphens and ligatures undone; Markdown tables
"""

from clara.extraction.folder import extract_folder
from clara.extraction.report import ExtractionReport, FileReport

__all__ = ["ExtractionReport", "FileReport", "extract_folder"]
