# Everything runs from .venv, which the first target makes. STACK=dev picks another stack than the local one,
# ENGINE=pulumi|embedded another engine; ARGS are further words for the engine.
PYTHON ?= python3
STACK ?= local
ARGS ?=
RUN = .venv/bin/python -m
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header $(ARGS)

export ENGINE LOCAL_PORT LOCAL_SPEED

.PHONY: help up preview pin refresh down show unlock api stop test test-all fuzz chaos bench contract check fix tools lock hook clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /make \1\t/p' Makefile | expand -t 18

up: ## make the servers of stack local, on a local API that it starts; STACK=dev: of another stack
preview: ## say what `make up` would do
refresh: ## take drift into the state
show: ## the stack's servers, and why each type, region and image was picked
pin: ## write down what the catalogs are asked for today, and change nothing else
down: ## delete the stack's servers
unlock: ## after a crash: free the lock of a dead process, and settle what it left open
api: ## start the local API, and say how to call it
stop: ## stop the local API; its database stays

up preview pin refresh down show unlock: .venv/requirements.txt.installed
	@CALLED_AS=make $(RUN) fleet $@ --stack $(STACK) $(ARGS)

api stop: .venv/requirements.txt.installed
	@CALLED_AS=make $(RUN) fleet $@

test: .venv/requirements-dev.txt.installed ## the tests of every day, on the embedded engine
	@$(RUN) pytest -n auto --dist loadfile --no-loadscope-reorder -m "not all" $(T)

test-all: .venv/requirements-dev.txt.installed ## every test, on both engines where `pulumi` is on PATH
	@$(RUN) pytest -n auto --dist loadfile --no-loadscope-reorder --hypothesis-profile=long $(T)

fuzz: .venv/requirements-dev.txt.installed ## new examples for the properties, 5,000 each; T=FILE: for those of one file
	@$(RUN) pytest -n auto -m hypothesis --hypothesis-profile=fuzz $(T)

chaos: .venv/requirements-dev.txt.installed ## every request under every fault, and every process killed at chosen moments, on each engine: over an hour
	@$(RUN) tests.chaos $(ARGS)

bench: .venv/requirements-dev.txt.installed ## times and requests of a fleet; ARGS=report: of a report; ARGS=api: of the local API; ARGS=size: lines, folders, imports
	@$(RUN) tests.bench $(ARGS)

contract: .venv/requirements-dev.txt.installed ## how much of the recorded API the local one answers word for word, by endpoint
	@$(RUN) tests.contract.rates

check: .venv/requirements-dev.txt.installed ## ruff and mypy --strict
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy

fix: .venv/requirements-dev.txt.installed ## format, and mend what ruff can mend
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

tools: ## build the linter of the workflows, where Go is installed
	@if command -v go >/dev/null; then GOBIN=$(CURDIR)/.venv/tools go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12; \
	else echo "tools: Go is not installed, so actionlint is not built"; fi

lock: .venv/requirements-dev.txt.installed ## compile requirements*.txt again; ARGS=--upgrade: with newer packages
	@$(RUN) pip install --quiet uv
	@$(COMPILE) --all-extras --output-file requirements.txt pyproject.toml
	@$(COMPILE) --output-file requirements-dev.txt requirements-dev.in

hook: ## have git run `make check` before a commit
	@printf '#!/bin/sh\nexec make check\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit

clean: ## remove .venv and the caches
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/requirements.txt.installed: requirements.txt
	@$(PYTHON) fleet/venv.py requirements.txt

.venv/requirements-dev.txt.installed: requirements.txt requirements-dev.txt
	@$(PYTHON) fleet/venv.py requirements.txt requirements-dev.txt
