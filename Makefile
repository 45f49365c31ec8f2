# The two commands are `make demo` and `make test`; `make help` lists the rest.
# A machine needs a Python >= 3.10, git and make. All else is installed into .venv and .nox.

SHELL := /bin/sh
BIN := .venv/bin
# Another value of the variable builds the package again.
READY := .venv/.ready$(JAEGER_CLIENT_EXTENSIONS)
UV := $(BIN)/uv

# uv fetches no Python. 3.14 is fetched as a Go module (tests/python) if none is found.
export UV_PYTHON_DOWNLOADS := never

UPGRADE ?=
PYTHON ?=
SECONDS ?= 60
IN ?=

# Each has an environment of its own in benchmarks/compare.py.
PEERS := ours jaeger48 opentelemetry ddtrace

.DEFAULT_GOAL := help
.PHONY: help setup demo test guarantees fuzz sanitizers mutants lint format pages texts docs bench coverage wheels lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## create .venv with the package and all tools

# Versions and hashes are in requirements/. pip fetches uv, uv fetches the rest.
NATIVE := $(wildcard src/jaeger_client/_native/*.pyx src/jaeger_client/_native/*.px[di])
$(READY): requirements/dev.txt requirements/build.txt pyproject.toml hatch_build.py $(NATIVE) | $(UV)
	@echo "setup: .venv, from requirements/dev.txt"
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes \
	  --build-constraints requirements/build.txt requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation \
	  --reinstall --editable .
	@$(BIN)/python -c 'from jaeger_client._native import *; \
	  print("setup: jaeger_client,", IMPLEMENTATION, *filter(None, [WHY_NOT_COMPILED]))'
	@rm -f .venv/.ready*
	@touch $(READY)

$(UV):
	@rm -rf .venv; \
	for python in $(PYTHON) python3.13 python3.12 python3.11 python3.10 python3 python \
	    "$$HOME"/.pyenv/versions/*/bin/python3; do \
	  "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' \
	    2>/dev/null || continue; \
	  echo "setup: .venv of $$("$$python" --version)"; \
	  "$$python" -m venv .venv && break; \
	done; \
	test -x $(BIN)/python || { \
	  echo "setup: found no Python >= 3.10 with venv and ensurepip" \
	    "(Debian: apt-get install python3-venv); name one with PYTHON=..." >&2; \
	  exit 1; \
	}
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	  -r requirements/uv.txt

demo: $(READY) ## run three services and show their trace
	@$(BIN)/jaeger-client demo

test: $(READY) ## fast tests on each Python 3.10 to 3.14 found, slow ones on one
	@$(BIN)/nox -s test

guarantees: $(READY) ## the longest tests of docs/guarantees.md, as CI runs them
	@$(BIN)/nox -s long

fuzz: $(READY) ## fuzz all input from outside; SECONDS=600 for each target
	@$(BIN)/nox -s fuzz -- tests/fuzz --fuzz-seconds=$(SECONDS)

sanitizers: $(READY) ## tests of the compiled core with sanitizers, as CI runs them
	@$(BIN)/nox -s sanitizers

mutants: $(READY) ## changes to the code that no test notices (IN=sampler/remote); 3 h
	@rm -rf mutants
	@nice -n 19 $(BIN)/python -m tests.mutants.run "jaeger_client.$(subst /,.,$(IN:.py=))*"
	@JAEGER_CLIENT_PURE_PYTHON=1 nice -n 19 $(BIN)/python -m tests.mutants.constants $(firstword $(subst /, ,$(IN)))

lint: $(READY) ## format, rules, types, imports and docs
	@$(BIN)/nox -s lint

format: $(READY) ## format the code
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check --quiet --select I --fix

pages: $(READY) ## generate pages and pictures from the code
	@$(BIN)/python -m docs.make_pages

texts: $(READY) ## print all docstrings, comments, errors and log lines, to proofread
	@$(BIN)/python docs/list_texts.py

docs: $(READY) ## build the pages into docs/_build/html
	@$(BIN)/sphinx-build -n -W -q docs docs/_build/html
	@echo "docs: docs/_build/html/index.html"

bench: $(READY) ## measure, compare with other tracers, write docs/benchmarks.md
	@$(BIN)/pytest benchmarks --quiet --benchmark-only --benchmark-disable-gc \
	  --benchmark-max-time=0.2 --benchmark-columns=median,ops -p no:randomly \
	  -o 'python_files=bench_*.py'
	@$(BIN)/python benchmarks/compare.py --write

coverage: $(READY) ## lines and branches that the fast tests do not run
	@$(BIN)/coverage erase
	@for pure in 0 1; do \
	  JAEGER_CLIENT_PURE_PYTHON=$$pure $(BIN)/pytest -q -m 'not slow' --examples=100 \
	    --cov --cov-append --cov-report= || exit 1; \
	done
	@$(BIN)/coverage report

wheels: $(READY) ## build a wheel for each Python found, into dist
	@$(BIN)/nox -s wheels

lock: $(UV) ## generate requirements/*.txt from *.in (UPGRADE=--upgrade)
	@for set in dev test servers uwsgi flask django42 uv build compat48 zipkin urllib3-oldest typing typing-stubs $(PEERS:%=bench-%); do \
	  constraint=requirements/dev.txt; \
	  case $$set in dev|compat48|flask|django42|zipkin|urllib3-oldest|bench-*) constraint=/dev/null;; esac; \
	  $(UV) pip compile --quiet --universal --python-version 3.10 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header $(UPGRADE) \
	    --constraint $$constraint requirements/$$set.in -o requirements/$$set.txt \
	    || exit 1; \
	done
	@if grep -n '://' requirements/*.txt; then echo "lock: an address is in a file" >&2; exit 1; fi

clean: ## remove all generated files
	@rm -f $(addprefix src/jaeger_client/_native/,*.c *.so *.html)
	@rm -rf .venv .nox .cache .fuzz .coverage .benchmarks .hypothesis .import_linter_cache \
	  .mypy_cache .pytest_cache .ruff_cache docs/_build dist mutants src/build
	@find . \( -name __pycache__ -o -name .ruff_cache \) -type d -prune -exec rm -rf {} +
