"""Source files to Documents: PDF, DOCX and PPTX, each parsed in a child process with limits. Knows nothing of passages.

folder.py    a folder -> raw_knowledge.jsonl and extraction_report.json; incremental, resumes after a kill
pool.py      reusable child processes with a time and a memory limit
worker.py    the child's side: one file in, one Document or one typed failure out
sniff.py     what a file really is, whatever its name says
pdf.py, docx.py, pptx.py   bytes -> Document, one function each
ooxml.py, drawing.py       what DOCX and PPTX share: the guarded archive and its XML; charts and diagrams
prose.py     text as people wrote it: wrapped lines joined, hyphens and ligatures undone; Markdown tables
"""




