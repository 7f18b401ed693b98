# Two commands do all the set-up: `make demo` and `make test`. `make help` lists the rest.
#
# What is missing is installed: Debian packages through apt-get (scripts/install-tools), Python packages into .venv.

PYTHON ?= python3
MODEL ?= zoo:lstm
TARGET ?= cortex-m4
JOBS ?= $(shell nproc 2> /dev/null || echo 2)
PYTEST_ARGS ?=

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet
DEMO := build/demo/$(subst :,-,$(MODEL))
in_demo = @echo '$$ $(1)'; cd $(DEMO) && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(1)

.PHONY: all demo test test-large bench lint wheel clean help tools-demo tools-test
.DELETE_ON_ERROR:

all: $(VENV)/installed-all ## install shrinkc with all that it can use and what its tests need

demo: $(VENV)/installed ## build MODEL for TARGET, run it in QEMU on real speech, print the table
	@test -f $(DEMO)/shrinkc.toml || $(VENV)/bin/shrinkc init $(DEMO) --from $(MODEL) > /dev/null
	@echo 'in $(DEMO):'
	$(call in_demo,shrinkc build --target $(TARGET))
	$(call in_demo,shrinkc verify build/$(TARGET))

# One thread for BLAS, as the command line has it: many small products side by side wait for one another otherwise.
test test-large: export OPENBLAS_NUM_THREADS = 1

test: $(VENV)/installed-all ## run the whole test suite; PYTEST_ARGS=... goes to pytest
	$(VENV)/bin/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST_ARGS)

test-large: $(VENV)/installed-all ## build and run the largest models (tests/large): some minutes, one after another
	$(VENV)/bin/python -m pytest tests/large $(PYTEST_ARGS)

bench: $(VENV)/installed ## count the instructions of the standard shapes on every core, into docs/performance.md
	@mkdir -p build
	$(VENV)/bin/shrinkc bench --shapes '*' --kernels delta -o build/bench.json > build/bench.txt
	$(VENV)/bin/shrinkc bench --shapes 'lstm-40-128-w*-unsent60' -o build/bench-auto.json > build/bench-auto.txt
	$(VENV)/bin/python -m shrinkc.bench.page build/bench.json build/bench-auto.json docs/performance.md

lint: $(VENV)/installed-all ## check the Python code with ruff
	$(VENV)/bin/ruff check .

wheel: $(VENV)/installed ## build the wheel into dist/
	$(PIP) wheel --no-deps --wheel-dir dist .

clean: ## remove .venv and all that was built
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

# The tools are looked for each time: that is quick, and they can go away. The packages are installed again when
# pyproject.toml changes.
tools-demo:
	@PYTHON='$(PYTHON)' scripts/install-tools demo

tools-test:
	@PYTHON='$(PYTHON)' scripts/install-tools test

$(VENV)/bin/python: | tools-demo
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | tools-demo $(VENV)/bin/python
	@echo 'installing shrinkc into $(VENV)'
	@$(PIP) install --editable .
	@touch $@

$(VENV)/installed-all: pyproject.toml | tools-test $(VENV)/bin/python
	@echo 'installing shrinkc, TensorFlow and the test tools into $(VENV): some 2 GB'
	@$(PIP) install --editable '.[all,test]'
	@touch $@ $(VENV)/installed
