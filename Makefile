# Everything runs from .venv, which the first target makes. STACK=dev picks another stack than the local one,
# ENGINE=pulumi|embedded another engine; ARGS are further words for the engine.
PYTHON ?= python3
STACK ?= local
ARGS ?=
RUN = .venv/bin/python -m
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header $(ARGS)

export ENGINE LOCAL_PORT LOCAL_SPEED

.PHONY: up preview pin refresh down show unlock api stop test test-all chaos bench check fix tools lock hook clean

up preview pin refresh down show unlock: .venv/requirements.txt.installed
	@$(RUN) fleet $@ --stack $(STACK) $(ARGS)

api stop: .venv/requirements.txt.installed
	@$(RUN) fleet $@

test: .venv/requirements-dev.txt.installed
	@$(RUN) pytest -n auto --dist loadfile -m "not all" $(T)

test-all: .venv/requirements-dev.txt.installed
	@$(RUN) pytest -n auto --dist loadfile --hypothesis-profile=long $(T)

chaos: .venv/requirements-dev.txt.installed
	@$(RUN) tests.chaos $(ARGS)

bench: .venv/requirements-dev.txt.installed
	@$(RUN) tests.bench $(ARGS)

check: .venv/requirements-dev.txt.installed
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy

fix: .venv/requirements-dev.txt.installed
	@$(RUN) ruff format .
	@$(RUN) ruff check --fix .

# The linter of the workflows, built from source; its test is skipped where it is not there.
tools:
	@if command -v go >/dev/null; then GOBIN=$(CURDIR)/.venv/tools go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12; \
	else echo "tools: Go is not installed, so actionlint is not built"; fi

lock: .venv/requirements-dev.txt.installed
	@$(RUN) pip install --quiet uv
	@$(COMPILE) --all-extras --output-file requirements.txt pyproject.toml
	@$(COMPILE) --output-file requirements-dev.txt requirements-dev.in

hook:
	@printf '#!/bin/sh\nexec make check\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/requirements.txt.installed: requirements.txt
	@$(PYTHON) fleet/venv.py requirements.txt

.venv/requirements-dev.txt.installed: requirements.txt requirements-dev.txt
	@$(PYTHON) fleet/venv.py requirements.txt requirements-dev.txt
