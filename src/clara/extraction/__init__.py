"""Source files to Documents: PDF, DOCX and PPTX, each parsed in a child process with limits. Knows nothing of passages.

folder.py    a folder -> raw_knowledge.jsonl and extraction_report.json; incremental, resumes after a kill
report.py    the fate of every file, as extraction_report.json has it
listing.py   which files are read, and why the others are not
pool.py      reusable child processes with a time and a memory limit
worker.py    the child's side: one file in, one Document or one typed failure out
readers.py   the table of readers, and the stamps that say whether an earlier result stands
sniff.py     what a file really is, whatever its name says
settings.py  what a run asks of the readers: OCR, languages, backend
images.py    pictures inside documents: checked, saved once beside the output, named by a block
pdf.py, pdf_layout.py, docx.py, pptx.py   bytes -> Document, one function for each type
ooxml.py, drawing.py       what DOCX and PPTX share: the guarded archive and its XML; charts and diagrams
prose.py     text as people wrote it: wrapped lines joined, hyphens and ligatures undone; Markdown tables
"""

from clara.extraction.folder import extract_folder
from clara.extraction.report import ExtractionReport, FileReport

__all__ = ["ExtractionReport", "FileReport", "extract_folder"]
