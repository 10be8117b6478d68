# The one vocabulary: people, the commit hook and CI call the same targets.
PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help repro adopt accept test check format lock pictures system clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

repro: $(VENV)/runtime ## environment from the lock, dvc repro, summary of the metrics
	dvc repro
	@python -m src.report metrics/metrics.json metrics/folds/metrics.json

adopt: $(VENV)/runtime ## bring your own table: make adopt TABLE=path/or/address TARGET=column
	@python -m src.adopt "$$TABLE" "$$TARGET"

accept: $(VENV)/runtime ## bring data/schema.yaml up to date with a table that changed
	@python -m src.adopt --accept

test: $(VENV)/dev ## everything CI runs
	$(MAKE) --no-print-directory lint
	pytest -n auto --dist worksteal

check: $(VENV)/dev ## lint, types and unit tests, within a minute: what the commit hook runs
	$(MAKE) --no-print-directory lint
	pytest tests/unit -n auto

.PHONY: lint
lint: $(VENV)/dev
	ruff format --check .
	ruff check .
	mypy

format: $(VENV)/dev ## format the code and mend what the linter can
	ruff format .
	ruff check --fix .

lock: $(VENV)/dev ## renew both lock files: newest versions, one set for every supported Python
	$(UV_LOCK) --output-file requirements.lock
	$(UV_LOCK) --extra dev --constraints requirements.lock --output-file requirements-dev.lock

pictures: $(VENV)/dev ## draw the pictures of the README again
	python docs/draw.py

UV_LOCK = uv pip compile --quiet --upgrade --universal --fork-strategy fewest --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml

system: ## system packages that some tests need (Debian, as root)
	apt-get update --quiet
	apt-get install --quiet --yes --no-install-recommends git make

clean: ## remove what git does not know, but for the DVC cache and the environment
	git clean -fdX -e '!.venv' -e '!.venv/**' -e '!.dvc/**'

# A stamp inside the environment says which lock it was made from.
INSTALL = python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); \
	sys.exit(None if ok else "error: Python " + sys.version.split()[0] + " found, 3.11 to 3.13 \
	expected. Run: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: requirements.lock $(VENV)/bin/python
	$(INSTALL) requirements.lock
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	$(INSTALL) requirements-dev.lock
	@touch $@
