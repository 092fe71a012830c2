# demo and test each work from a fresh clone, alone. CONSTRAINTS= (empty) takes the newest admitted releases.
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= .ci/constraints.txt
PIP_INSTALL = $(VENV)/bin/python -m pip install $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))

.PHONY: demo test lint clean

demo: $(VENV)/.starter
	$(VENV)/bin/parley demo

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.starter: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(PIP_INSTALL) --editable '.[starter]'
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(PIP_INSTALL) --editable '.[test]'
	touch $@ $(VENV)/.starter

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
