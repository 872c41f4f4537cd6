# Everything here works from a fresh checkout with Python 3.10 or newer, make and a package index.
# `.venv` is made when it is not there, and made again when pyproject.toml changed.

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench docs interop lowest lock clean

# The first Python on the PATH that is new enough; `make PYTHON=…` chooses another.
PYTHON ?= $(shell for each in python3 python python3.13 python3.12 python3.11 python3.10; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$each" && break; done)
VENV := .venv
BIN := $(VENV)/bin
INTEROP := .venv-interop
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
WORKERS ?= 2
# What versions are installed for the tests: the locked ones, unless told otherwise.
CONSTRAINTS ?= tests/constraints.txt

help:
	@echo "make demo     the main job on the embedded fake, over a real socket"
	@echo "make test     every test, shuffled, on $(WORKERS) workers (WORKERS=4 for more)"
	@echo "make lint     formatting, lint, types, import contracts"
	@echo "make bench    speed, side by side with a raw baseline, as ratios"
	@echo "make docs     generated pages made again, examples and links checked"
	@echo "make interop  the published relationalai client on our fake"
	@echo "make lowest   every test, on the oldest versions that we allow"

demo: $(VENV)/testing
	@$(BIN)/python docs/examples/demo.py

test: $(VENV)/dev
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

bench: $(INTEROP)/interop
	$(INTEROP)/bin/python -m tests.benchmarks

docs: $(VENV)/dev
	$(BIN)/python -m tests.docs.generate
	$(BIN)/python -m pytest -p no:randomly tests/docs

interop: $(INTEROP)/interop
	$(INTEROP)/bin/python -m pytest tests/interop

lowest:
	$(MAKE) test VENV=.venv-lowest CONSTRAINTS=tests/lowest.txt

lock: $(VENV)/dev
	$(BIN)/python -m pip freeze --exclude-editable > tests/constraints.txt

clean:
	rm -rf .venv .venv-*

# `testing` is what the demo and users need; `dev` adds this project's own tools.
$(VENV)/testing: pyproject.toml
	@$(call make_venv,$(VENV))
	$(BIN)/python $(PIP_INSTALL) --editable '.[testing]'
	@touch $@

$(VENV)/dev: pyproject.toml $(CONSTRAINTS)
	@$(call make_venv,$(VENV))
	$(BIN)/python $(PIP_INSTALL) --constraint $(CONSTRAINTS) --editable '.[dev]'
	@touch $(VENV)/testing $@

# The peer is proprietary and pins its own dependencies: it lives in an environment of its own.
$(INTEROP)/interop: pyproject.toml
	@$(call make_venv,$(INTEROP))
	$(INTEROP)/bin/python $(PIP_INSTALL) --editable '.[testing]' relationalai
	@touch $@

define make_venv
	if [ -z "$(PYTHON)" ]; then echo "Python 3.10 or newer is needed: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	"$(PYTHON)" -m venv "$(1)" || { echo "Cannot make $(1): is the venv module installed?" >&2; exit 1; }
endef
