# Everything here works from a fresh checkout with Python 3.10 or newer, make and a package index.
# `.venv` is made when it is not there, and made again when pyproject.toml changed.

.DEFAULT_GOAL := help
.PHONY: help demo test replay cassettes nightly mutants lint bench docs examples package interop \
	interop-latest interop-1.0 interop-connector-5 interop-kept lowest lock clean

# The first Python on the PATH that is new enough; `make PYTHON=…` chooses another.
PYTHON ?= $(shell for each in python3 python python3.13 python3.12 python3.11 python3.10; do \
	"$$each" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo "$$each" && break; done)
VENV := .venv
BIN := $(VENV)/bin
INTEROP := .venv-interop
# The generation that the reference page is of.
INTEROP_1_0 := .venv-interop-1.0
PUBLISHED_1_0 := relationalai==1.0.6
# The latest, beside the connector that Snowpark does not ask for.
INTEROP_5 := .venv-interop-connector-5
MUTANTS := .venv-mutants
RELEASE := .venv-release
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
WORKERS ?= 2
# What versions are installed for the tests: the locked ones, unless told otherwise.
CONSTRAINTS ?= tests/constraints.txt

help:
	@echo "make demo     the main job on the embedded fake, over a real socket"
	@echo "make test     the suite, shuffled, on $(WORKERS) workers (WORKERS=4 for more)"
	@echo "make replay   the whole contract, recorded on each transport and replayed"
	@echo "make cassettes  the shipped recordings, made again from our own server"
	@echo "make nightly  the long searches: ten thousand histories, every order of three executions"
	@echo "make mutants  breaks the machine in a thousand ways: do the tests see it?"
	@echo "make lint     formatting, lint, types, import contracts"
	@echo "make bench    speed, side by side with a raw baseline, as ratios; the fake at scale"
	@echo "make docs     generated pages made again, examples and links checked, the site built in .site/"
	@echo "make examples  the projects of docs/examples, from the built wheel, as a stranger has them"
	@echo "make interop  the published relationalai client on our fake, the latest and 1.0"
	@echo "              (interop-latest, interop-1.0, interop-connector-5: one;"
	@echo "              interop-kept: keep what came)"
	@echo "make lowest   the suite, on the oldest versions that we allow"
	@echo "make package  what would be released, in dist/, looked over and tried where nothing else is"

demo: $(VENV)/testing
	@$(BIN)/python docs/examples/demo.py

test: $(VENV)/dev
	$(BIN)/python -m pytest -n $(WORKERS)

replay: $(VENV)/dev
	$(BIN)/python -m pytest -n $(WORKERS) -m replay tests/cassettes

cassettes: $(VENV)/dev
	$(BIN)/python -m tests.recordings.make

nightly: $(VENV)/dev
	$(BIN)/python -m pytest -n $(WORKERS) -m nightly

mutants: $(MUTANTS)/mutants
	$(MUTANTS)/bin/python -m tests.mutants --workers $(WORKERS)

lint: $(VENV)/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

bench: $(INTEROP)/bench
	$(INTEROP)/bin/python -m tests.benchmarks

docs: $(VENV)/docs
	$(BIN)/python -m tests.docs.generate
	$(BIN)/python -m pytest -n $(WORKERS) -m "docs or not docs" tests/docs
	$(BIN)/python -m tests.docs.site

# Makes environments of its own, outside of the repository, and takes them away again.
examples: $(VENV)/dev
	@$(BIN)/python -m tests.examples

interop: interop-latest interop-1.0 interop-connector-5

interop-latest: $(INTEROP)/interop
	$(INTEROP)/bin/python -m pytest tests/interop

interop-1.0: $(INTEROP_1_0)/interop
	$(INTEROP_1_0)/bin/python -m pytest tests/interop --ignore tests/interop/test_published_client.py

# What is recorded is not played there: Snowpark beside this connector warns, and warnings are errors.
interop-connector-5: $(INTEROP_5)/interop
	$(INTEROP_5)/bin/python -m pytest tests/interop --ignore tests/interop/test_replayed.py

# After a look at what is different: the reasons are in tests/interop/reasons.toml.
interop-kept: $(INTEROP)/interop $(INTEROP_1_0)/interop $(INTEROP_5)/interop $(VENV)/dev
	$(INTEROP)/bin/python -m tests.interop.outcomes
	$(INTEROP_1_0)/bin/python -m tests.interop.outcomes
	$(INTEROP_5)/bin/python -m tests.interop.outcomes
	$(BIN)/python -m tests.docs.generate

lowest:
	$(MAKE) test VENV=.venv-lowest CONSTRAINTS=tests/lowest.txt

package: $(RELEASE)/release
	$(RELEASE)/bin/python -m tests.packaging --constraints $(CONSTRAINTS)

# The tools that look over a release are locked beside what the tests need.
lock: $(VENV)/docs
	$(BIN)/python $(PIP_INSTALL) --constraint $(CONSTRAINTS) --editable '.[dev,docs,release]'
	$(BIN)/python -m pip freeze --exclude-editable > tests/constraints.txt

clean:
	rm -rf .venv .venv-* .site dist

# `testing` is what the demo and users need; `dev` adds this project's own tools, `docs` the site's.
$(VENV)/testing: pyproject.toml
	@$(call make_venv,$(VENV))
	$(BIN)/python $(PIP_INSTALL) --editable '.[testing]'
	@touch $@

$(VENV)/dev: pyproject.toml $(CONSTRAINTS)
	@$(call make_venv,$(VENV))
	$(BIN)/python $(PIP_INSTALL) --constraint $(CONSTRAINTS) --editable '.[dev]'
	@touch $(VENV)/testing $@

$(VENV)/docs: pyproject.toml $(CONSTRAINTS)
	@$(call make_venv,$(VENV))
	$(BIN)/python $(PIP_INSTALL) --constraint $(CONSTRAINTS) --editable '.[dev,docs]'
	@touch $(VENV)/testing $(VENV)/dev $@

$(MUTANTS)/mutants: pyproject.toml $(CONSTRAINTS)
	@$(call make_venv,$(MUTANTS))
	$(MUTANTS)/bin/python $(PIP_INSTALL) --constraint $(CONSTRAINTS) --editable '.[dev,mutants]'
	@touch $@

$(RELEASE)/release: pyproject.toml $(CONSTRAINTS)
	@$(call make_venv,$(RELEASE))
	$(RELEASE)/bin/python $(PIP_INSTALL) --constraint $(CONSTRAINTS) --editable '.[release]'
	@touch $@

# The peer is proprietary and pins its own dependencies: it lives in an environment of its own.
$(INTEROP)/interop: pyproject.toml
	@$(call make_venv,$(INTEROP))
	$(INTEROP)/bin/python $(PIP_INSTALL) --editable '.[testing]' relationalai
	@touch $@

$(INTEROP)/bench: $(INTEROP)/interop
	$(INTEROP)/bin/python $(PIP_INSTALL) --editable '.[testing,bench]'
	@touch $@

$(INTEROP_1_0)/interop: pyproject.toml
	@$(call make_venv,$(INTEROP_1_0))
	$(INTEROP_1_0)/bin/python $(PIP_INSTALL) --editable '.[testing]' '$(PUBLISHED_1_0)'
	@touch $@

# pip chooses no connector 5 beside Snowpark, but puts it there, and says that it does not fit.
$(INTEROP_5)/interop: pyproject.toml
	@$(call make_venv,$(INTEROP_5))
	$(INTEROP_5)/bin/python $(PIP_INSTALL) --editable '.[testing]' relationalai
	$(INTEROP_5)/bin/python $(PIP_INSTALL) 'snowflake-connector-python>=5'
	@touch $@

define make_venv
	if [ -z "$(PYTHON)" ]; then echo "Python 3.10 or newer is needed: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	"$(PYTHON)" -m venv "$(1)" || { echo "Cannot make $(1): is the venv module installed?" >&2; exit 1; }
endef
