# demo and test each work from a fresh clone, alone. CONSTRAINTS= (empty) takes the newest admitted releases.
PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?= .ci/constraints.txt
MODEL_TESTS = $(addsuffix .py,$(addprefix tests/test_,bench bench_writing bert causal checking classifier ctranslate decoder \
  embedder encoder entailment families loading quantize readers sentiment_model seq2seq shared_history span_qa))
# A test keeps to one core, so that there is a process for each; a file's tests share the models that they load.
PYTEST = $(VENV)/bin/python -m pytest --numprocesses logical --maxprocesses 8 --dist loadfile
PIP_INSTALL = $(VENV)/bin/python -m pip install $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))

.PHONY: demo test arithmetic lint dist tour image clean

demo: $(VENV)/.starter
	$(VENV)/bin/parley demo

test: $(VENV)/.test
	$(PYTEST)

# The tests of what models compute, on a machine that passes for one of each kind.
arithmetic: $(VENV)/.test
	for dtype in float32 bfloat16 int8; do \
	  PARLEY_TEST_DTYPE=$$dtype $(PYTEST) $(MODEL_TESTS) || exit 1; done

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

dist:
	$(PYTHON) -m build --outdir dist

# Installs the newest wheel of dist/ where nothing else is, and takes the tour from it, away from the checkout.
tour:
	$(PYTHON) -m venv --clear build/tour
	build/tour/bin/python -m pip install $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS)) "$$(ls -t dist/*.whl | head -1)[starter]"
	cd build && tour/bin/parley --version && tour/bin/parley docs slack > /dev/null && tour/bin/parley demo

# A container's image, with a CPU's wheels; VARIANT=cu128 for a GPU's. DOCKER=podman works too.
DOCKER ?= docker
VARIANT ?= cpu
image:
	$(DOCKER) build --build-arg VARIANT=$(VARIANT) --tag parley-bot:local .

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
