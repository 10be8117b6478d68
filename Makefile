# The one vocabulary: people, the commit hook and CI call the same targets.
PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help repro gate report adopt accept test check format lock pictures system clean
.PHONY: remote storage publish rollback clean-storage

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

repro: $(VENV)/runtime ## environment from the lock, dvc repro, summary of the metrics, gate
	dvc repro
	@python -m src.summary metrics/metrics.json metrics/folds/metrics.json
	@$(MAKE) --no-print-directory gate

gate: $(VENV)/runtime ## may the model be published? BASELINE=revision, else the last model-v* tag
	@python -m src.gate metrics/metrics.json data/prepared/predictions.parquet \
	src/models/model.skops data/prepared/train.parquet data/prepared/test.parquet \
	data/schema.yaml metrics/gate.json "$(BASELINE)"

report: $(VENV)/runtime ## report/index.html against a base: make report BASE=main
	@python -m src.report report $(BASE)

remote: $(VENV)/runtime ## move to another storage: URL=s3://bucket/path [ENDPOINT=https://host]
	@test -n "$(URL)" || { echo "error: say where: make remote URL=s3://bucket/path" >&2; exit 1; }
	dvc remote modify storage url "$(URL)"
	$(if $(ENDPOINT),dvc remote modify storage endpointurl "$(ENDPOINT)",\
	-dvc remote modify --quiet --unset storage endpointurl)
	@echo "Fill it with 'dvc push' and commit .dvc/config."

storage: $(VENV)/dev ## a real S3 server on this machine, for trials; data and keys stay in .s3/
	@python -m tests.s3 .s3

publish: gate ## the gate, then push, prove it by a pull into an empty clone, tag: [BUMP=minor]
	python -m src.publish metrics/gate.json metrics/metrics.json --bump $(or $(BUMP),minor)

rollback: $(VENV)/runtime ## make an older model the current one again: TO=model-v1.0.0
	@test -n "$(TO)" || { echo "error: say which: make rollback TO=model-v1.0.0" >&2; exit 1; }
	@test -z "$$(git status --porcelain)" || { echo "error: commit or stash your changes" >&2; exit 1; }
	git restore --source "$(TO)" --staged --worktree -- $(MODEL_FILES)
	dvc pull
	@echo "$(TO) is back. See it with 'git diff --cached --stat', then commit it."

# What makes a model and is made with it: `dvc.lock` belongs to exactly these.
MODEL_FILES := dvc.yaml dvc.lock params.yaml requirements.lock data metrics src

clean-storage: $(VENV)/runtime ## list what no branch and no tag needs in storage; APPLY=yes deletes it
	python -m src.clean_storage $(if $(filter yes,$(APPLY)),--apply)

adopt: $(VENV)/runtime ## bring your own table: make adopt TABLE=path/or/address TARGET=column
	@python -m src.adopt "$$TABLE" "$$TARGET"

accept: $(VENV)/runtime ## bring data/schema.yaml up to date with a table that changed
	@python -m src.adopt --accept

test: $(VENV)/dev ## everything CI runs
	$(MAKE) --no-print-directory lint
	dvc repro --quiet  # tests/accuracy judges the model itself, which a fresh clone lacks
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
	apt-get install --quiet --yes --no-install-recommends git make \
		chromium chromium-driver

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
