"""The one-command run on fictional documents: everything clara does, on a CPU, without a network.

corpus.py, sheets.py, names.py, writers.py   the fictional product sheets, as real PDF, DOCX and PPTX files
questions.py                                 held-out questions from the generator's facts
recipe.py                                    what is trained, and how long
steps.py                                     a journal of finished steps, so that a killed run goes on
measuring.py                                 the systems that are compared, on the held-out documents
heldout.py                                   what every run does with its documents outside training
run.py                                       the seven steps in order
long_run.py, pretrained.py                   the same at three rates, longer; and without training
report.py                                    table, report.json and report.html
worlds*.py                                   the *other* worlds the tiny base was trained on; no part of the run
"""
