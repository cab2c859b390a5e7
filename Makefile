# `make run` is all that is needed: it makes .venv, installs, indexes docs_in/ and serves. `make help` lists the rest.
#
#   PYTHON     the Python that .venv is made from, 3.11 or newer
#   PIP_FLAGS  more arguments for pip, such as an index that holds CPU builds of torch
#   HOST PORT  where `make run` listens

PYTHON ?= python3
PIP_FLAGS ?=
HOST ?= 127.0.0.1
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
# --require-virtualenv: never touch a Python that is not ours. The build tools are held to the same versions.
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-virtualenv $(PIP_FLAGS) \
	--constraint constraints.txt
INSTALL_PROJECT = $(INSTALL) --build-constraint constraints.txt --editable .

.DELETE_ON_ERROR:
.PHONY: help run setup test lint types check gates bench samples screenshots constraints clean
.PHONY: gate-notes gate-sources gate-retrieval gate-highlights gate-verification

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

run: $(VENV)/.runtime ## install, index docs_in/ and serve it
	@$(BIN)/briefqa reindex || [ $$? -eq 3 ]  # 3: done, but some files could not be read; they are named above
	@$(BIN)/briefqa serve --host $(HOST) --port $(PORT) || [ $$? -eq 130 ]  # 130: stopped by Ctrl-C

setup: $(VENV)/.dev ## install, with the tools for development

test: $(VENV)/.dev ## run the tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/.dev ## style, formatting and the order of imports between modules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: $(VENV)/.dev ## check the types
	$(BIN)/mypy

check: lint types test ## all of these

gates: ## compare what is measured on ../shared with the stored baselines
gates: gate-retrieval gate-notes gate-sources gate-highlights gate-verification

gate-notes gate-sources gate-retrieval: gate-%: $(VENV)/.dev
	$(BIN)/python benchmarks/gate_$*.py

gate-highlights: $(VENV)/.dev
	$(BIN)/python benchmarks/gate_highlights.py --passages 60 --most-pages 12

gate-verification: $(VENV)/.dev
	$(BIN)/python benchmarks/measure_verification.py

bench: $(VENV)/.dev ## run every benchmark, and write build/bench.md, one table of them all
	@mkdir -p build
	$(BIN)/python benchmarks/suite.py --write build/bench.md

samples: ## make docs_in/samples anew; samples/README.md says what it needs
	$(PYTHON) -m venv build/samples
	build/samples/bin/python -m pip install --quiet $(PIP_FLAGS) --requirement samples/requirements.txt
	build/samples/bin/python samples/make_samples.py

screenshots: $(VENV)/.dev ## take docs/screenshots anew; needs chromium
	$(BIN)/python samples/take_screenshots.py

constraints: ## write constraints.txt anew, from a clean environment
	$(PYTHON) -m venv --clear build/constraints
	sed -n '1,/^# -- generated/p' constraints.txt > build/constraints.txt
	build/constraints/bin/python -m pip install --quiet --constraint build/constraints.txt pip
	build/constraints/bin/python -m pip install --quiet $(PIP_FLAGS) --constraint build/constraints.txt \
		--editable . --group dev hatchling editables
	build/constraints/bin/python -m pip list --format freeze --exclude-editable --exclude pip \
		| sed 's/+.*//' >> build/constraints.txt
	mv build/constraints.txt constraints.txt

clean: ## remove .venv and what the tools left; the index and the briefs stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The stamps: while the files that they depend on are unchanged, pip is not called.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "briefqa needs Python 3.11 or newer;" \
		"'$(PYTHON)' is not. Name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) ..."
	@$(INSTALL) pip
	@$(INSTALL_PROJECT) || { $(CPU_HINT); exit 1; }
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@$(INSTALL) --group dev
	@touch $@

define CPU_HINT
printf '%s\n' '' \
	'Nothing was installed. "Conflicting dependencies" above mean, as a rule, that pip found only a CUDA build of' \
	'torch: briefqa needs none, and constraints.txt keeps it out. The "Get started" page of pytorch.org gives' \
	'the address of the CPU builds (OS, Pip, Python, CPU: what follows --index-url). Hand it to pip, once:' \
	'    make $(MAKECMDGOALS) PIP_FLAGS="--extra-index-url ADDRESS"' \
	'or' \
	'    PIP_EXTRA_INDEX_URL=ADDRESS make $(MAKECMDGOALS)' >&2
endef
