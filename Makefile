# The recipes that people and CI share. Each sets up what it needs, once: `make` alone lists them.
# Needed beforehand: Python >= 3.11, git and make. Set-up is done in .venv, and only what changed is done again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo lab test test-faults test-engines test-binder check bench bench-load audit format docs build release clean environment browser \
	test-python test-front-end \
	check-format check-lint check-types check-imports check-front-end

BIN := .venv/bin
# Node (when .venv had to bring it) and jlpm are found here, by us and by what we start.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Without byte code every process would compile us anew, and a run starts many.
unexport PYTHONDONTWRITEBYTECODE
# Yarn keeps its cache in the checkout, so that nothing outside it is written.
export YARN_ENABLE_GLOBAL_CACHE := false

# Folders too: they change when a file in them goes away.
FRONT_END := $(shell find labextension/src labextension/style labextension/schema 2>/dev/null)
BUNDLE := jupyter_ext/dagbook/labextension

# Arguments for what a recipe starts: make test ARGS="-k unit", make lab ARGS=--no-browser
ARGS ?=

help:  ## List the recipes
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: environment  ## Run the main example with live progress, and say what to look at next
	@$(BIN)/dagbook demo $(ARGS)

lab: environment  ## Open JupyterLab on the examples, with the Dagbook panel
	@tools/open-lab $(ARGS)

# `test` and `check` go on after a failure, so that one run shows all there is to mend.
test: environment browser  ## Run every test: Python, server, browser, front end
	@$(MAKE) --no-print-directory --keep-going test-python test-front-end

# The files in their order: the long ones of tests/acceptance are taken first, so that no processor waits at the end.
test-python: environment browser
	@$(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-front-end: environment
	@cd labextension && jlpm test

test-faults: environment  ## Run the fault matrix and print what holds; ARGS=--write puts it into the documentation
	@$(BIN)/python -m tests.faults $(ARGS)

test-engines: environment  ## Run what is compiled for other schedulers on them, each in its own environment
	@tools/bring-engine luigi 'luigi>=3.6'
	@DAGBOOK_TEST_ENGINES=1 $(BIN)/python -m pytest tests/engines $(ARGS)

test-binder: environment  ## Do what Binder does, in a new environment and a clone of the last commit, and run the notebook it opens
	@tools/try-binder

check: environment  ## Check format, lint, types and import contracts, of Python and of TypeScript
	@$(MAKE) --no-print-directory --keep-going check-format check-lint check-types check-imports check-front-end

check-format: environment
	@$(BIN)/ruff format --check .

check-lint: environment
	@$(BIN)/ruff check .

check-types: environment
	@$(BIN)/mypy

check-imports: environment
	@$(BIN)/lint-imports

check-front-end: environment
	@cd labextension && jlpm lint

bench: environment  ## Measure, beside others, and write docs/explanation/performance.md (takes half an hour)
	@tools/quietly "Packages to measure beside" $(BIN)/python -m pip install --disable-pip-version-check -r <($(BIN)/python -c \
		"import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['bench'], sep='\n')")
	@$(BIN)/python benchmarks/all.py $(ARGS)

bench-load: environment  ## Measure what much costs: runs, events, a queue, browser tabs (takes half an hour)
	@$(BIN)/python benchmarks/load.py $(ARGS)

audit: environment  ## Look for known weaknesses of what is used, where the advisories can be reached
	@tools/quietly "What looks for weaknesses" $(BIN)/python -m pip install --disable-pip-version-check pip-audit
	@$(BIN)/python tools/audit

format: environment  ## Put the code into its standard form, and mend what can be mended by itself
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@cd labextension && jlpm lint:fix

docs: environment  ## Build the documentation into build/docs; a broken link or a page without a way to it fails
	@tools/quietly "Documentation" $(BIN)/sphinx-build -W --keep-going -b html docs build/docs
	@echo "Open build/docs/index.html"

build: environment  ## Build the wheel and the sdist into dist/, from a clean copy of this tree
	@rm -rf dist
	@tools/quietly "Wheel and sdist" tools/build-distributions dist
	@ls -1sh dist

release: environment  ## Build the last commit from a clone, try it on Python 3.11 to 3.13, write notes; nothing is uploaded
	@$(BIN)/python tools/release.py $(ARGS)
	@DIST_FOLDER=dist $(BIN)/python -m pytest -q tests/wheel

clean:  ## Remove everything that was made here, the environment included
	@rm -rf .venv build dist test-artifacts $(BUNDLE) labextension/node_modules labextension/lib labextension/.yarn
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache labextension/*.tsbuildinfo labextension/.eslintcache
	@echo "Clean. (Runs in .dagbook/ were left alone.)"

# Set-up. A stamp lies with what it vouches for, so that removing the one removes the other.

environment: .venv/.done-link $(BUNDLE)/.done

browser:
	@tools/bring-chromium

.venv/.done-venv:
	@tools/quietly "Virtual environment in .venv" "$$(tools/find-python)" -m venv .venv
	@touch $@

.venv/.done-node: .venv/.done-venv tools/bring-node
	@tools/bring-node
	@touch $@

.venv/.done-packages: .venv/.done-venv pyproject.toml labextension/package.json tools/install-python-packages
	@tools/install-python-packages lab,examples,argo,test,dev,docs
	@touch $@

labextension/node_modules/.done: .venv/.done-packages .venv/.done-node labextension/package.json labextension/yarn.lock
	@cd labextension && ../tools/quietly "Front-end packages" jlpm install --immutable
	@touch $@

$(BUNDLE)/.done: labextension/node_modules/.done labextension/tsconfig.json $(FRONT_END)
	@cd labextension && ../tools/quietly "Front end" jlpm build
	@touch $@

# Installing put a copy of the bundle into the environment; a link follows every later build.
.venv/.done-link: .venv/.done-packages | $(BUNDLE)/.done
	@tools/quietly "Link to JupyterLab" jupyter-builder develop --overwrite .
	@touch $@
