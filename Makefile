# Two commands for a fresh clone: `make demo` and `make test`. Nothing but Python >= 3.11 and make is needed before.
#
#   PYTHON=python3.12 make demo      another interpreter
#   TORCH_INDEX_URL=URL make demo    where pip takes torch from (on Linux: PyTorch's CPU index spares gigabytes of CUDA)
#   DEMO="--documents 300" make demo options for `clara demo`

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= 2

.PHONY: demo test test-all check docs clean

demo: $(VENV)/.demo
	$(BIN)/clara demo --yes $(DEMO)

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

test-all: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "slow or not slow" --timeout=1800

check: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check

docs: $(VENV)/.dev
	$(BIN)/python scripts/check_docs.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("clara needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; run: make demo PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.torch: constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL)) torch
	@touch $@

$(VENV)/.demo: pyproject.toml constraints.txt $(VENV)/.torch
	@echo "installing clara and what it needs into $(VENV) …"
	$(PIP) install -q -c constraints.txt -e ".[data,train,serve]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt $(VENV)/.torch
	@echo "installing clara with its development tools into $(VENV) …"
	$(PIP) install -q -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build dist demo_output
