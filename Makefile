# The one vocabulary: people, the commit hook and CI call the same targets.
PYTHON ?= python3
# An image that holds the environment already names its folder here.
VENV ?= .venv
# Extras of pyproject.toml that the pipeline needs, beside requirements.lock: any of KNOWN_EXTRAS.
EXTRAS :=
KNOWN_EXTRAS := search xgboost lightgbm catboost dask query
CI_LOCAL := .cache/gitlab-ci-local
export PATH := $(abspath $(VENV))/bin:$(PATH)
# DVC's own is shared by all users of the machine, and what it keeps there is unpickled.
export DVC_SITE_CACHE_DIR := $(abspath .dvc/tmp/site_cache)

.DEFAULT_GOAL := help
.PHONY: help repro gate report adopt accept test test-long check integration format lock pictures system clean
.PHONY: new-model into-folder upgrade
.PHONY: plots serve merge remote storage publish register worker models rollback clean-storage verify take accuracy note checkout refresh
.PHONY: monitor monitor-issue

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

repro: $(VENV)/runtime ## environment from the lock, dvc repro, summary of the metrics, gate
	dvc repro
	@python -m src.report.summary metrics/details.json metrics/folds/metrics.json
	@$(MAKE) --no-print-directory gate

gate: $(VENV)/runtime ## may the model be published? BASELINE=revision, else the last published model
	@$(GATE)

# From the command line only: a variable left in the environment would compare with something nobody
# asked for, or run a code that nobody named.
GIVEN = $(if $(filter command,$(origin $(1))),$($(1)))
GATE := python -m src.gate metrics/metrics.json metrics/details.json \
	data/prepared/predictions.parquet src/models/model.skops data/prepared/train.parquet \
	data/prepared/test.parquet data/schema.yaml metrics/gate.json --baseline "$(call GIVEN,BASELINE)"


verify: $(VENV)/runtime ## build this commit anew and compare every byte: [FRESH=yes] [REBUILD=no]
	@python -m src.verify --rebuild $(or $(REBUILD),yes) --fresh $(or $(FRESH),no)

take: $(VENV)/runtime ## take what a pipeline has built of this commit: JOB=address of its job reproduce
	@python -m src.verify.take "$(JOB)"

checkout: $(VENV)/runtime ## data, model and predictions of dvc.lock, from the cache
	dvc checkout --quiet

accuracy: $(VENV)/dev checkout ## the gate, one test a check, with a JUnit file in report/
	@mkdir -p report
	@$(GATE) || true  # its tests say what failed
	python -m pytest tests/accuracy --junitxml report/gate.xml

refresh: $(VENV)/runtime ## fetch imported data anew, ask queries again, and retrain
	dvc pull --allow-missing
	git grep --files-with-matches '^frozen: true' -- '*.dvc' | \
		xargs --no-run-if-empty dvc update
	dvc stage list --name-only | grep '^query' | \
		xargs --no-run-if-empty dvc repro --force --single-item
	dvc repro

report: $(VENV)/runtime ## report/index.html against BASE=revision, else the last published model
	@python -m src.report report --base "$(BASE)"

plots: $(VENV)/runtime ## dvc plots diff as a page that needs no network: [BASE=HEAD]
	@mkdir -p report
	@python -m src.report.dvc_template .dvc/tmp/plots.html
	dvc plots diff $(or $(BASE),HEAD) --html-template .dvc/tmp/plots.html --out report/plots

note: $(VENV)/runtime ## put report/report.md on the merge request, if GITLAB_NOTE_TOKEN is set
	@python -m src.report.post_note report/report.md

monitor: $(VENV)/runtime ## compare scored batches with the release: BATCH='a.csv s3://b/c' [LABELS=table] [RELEASE=tag]
	@test -n "$(BATCH)" || { echo "error: say which: make monitor BATCH=table" >&2; exit 2; }
	@python -m src.monitor $(BATCH) --labels "$(LABELS)" --release "$(RELEASE)"

monitor-issue: $(VENV)/runtime ## open or update the issue of report/monitor, if GITLAB_NOTE_TOKEN is set
	@python -m src.monitor.issue report/monitor

remote: $(VENV)/runtime ## move to another storage: URL=s3://bucket/path [ENDPOINT=https://host]
	@test -n "$(URL)" || { echo "error: say where: make remote URL=s3://bucket/path" >&2; exit 1; }
	@python -m src.release.remote "$(URL)" --endpoint "$(ENDPOINT)" --missing $(or $(MISSING),stop)

storage: $(VENV)/dev ## a real S3 server on this machine, for trials; data and keys stay in .s3/
	@python -m tools.s3 .s3

publish: verify gate ## build anew, the gate, push, prove it by a pull into an empty clone, tag: [BUMP=minor]
	@python -m src.report report || echo "The release will have no report."
	python -m src.release.publish metrics/gate.json metrics/details.json \
		--bump $(or $(BUMP),minor) --branch "$(CI_COMMIT_BRANCH)"

register: $(VENV)/runtime ## a release in GitLab's model registry, or as a package: [VERSION=model-v1.0.0]
	@python -m src.release.register metrics/details.json --version "$(VERSION)"

worker: $(VENV)/runtime ## work for the Dask scheduler at DASK_SCHEDULER_ADDRESS: [MEMORY=8GB] [PROCESSES=4]
	@python -m src.worker --memory $(or $(MEMORY),auto) --processes $(or $(PROCESSES),auto)

models: $(VENV)/runtime ## the published models, the newest first: scores, size, what changed
	@python -m src.release.models metrics/details.json

rollback: $(VENV)/runtime ## list the published models; TO=model-v1.0.0 makes that one current again
	@python -m src.release.rollback metrics/details.json --to "$(TO)"

serve: $(VENV)/serve ## serve a published model over HTTP: FROM=a fetched folder or a repository [VERSION=model-v1.0.0] [PORT=8080]
	@test -n "$(call GIVEN,FROM)" || { echo "error: say what: make serve FROM=folder" >&2; exit 1; }
	@python -m src.serve "$(call GIVEN,FROM)" --version "$(VERSION)" --port $(or $(PORT),8080)

merge: $(VENV)/runtime ## merge or finish a merge or rebase, and build its results anew: [FROM=origin/main]
	@python -m src.merge --source "$(call GIVEN,FROM)" --commit $(or $(COMMIT),yes)

upgrade: $(VENV)/runtime ## a later version of the template, as one commit: FROM=address-or-path [TO=template-v1.0.0]
	@python -m src.upgrade "$(call GIVEN,FROM)" --to "$(call GIVEN,TO)"

clean-storage: $(VENV)/runtime ## what no branch and no tag needs in storage: [APPLY=yes] [DAYS=14] [EXPERIMENTS=no]
	python -m src.release.clean_storage $(if $(filter yes,$(APPLY)),--apply) \
		--days $(or $(DAYS),14) --experiments $(or $(EXPERIMENTS),yes)

new-model: $(VENV)/runtime ## another model beside this one, in the same repository: NAME=churn
	@python -m src.new_model "$(NAME)"

into-folder: $(VENV)/runtime ## move the model from its repository's root into a folder: NAME=churn
	@python -m src.new_model.move "$(NAME)"

# From the command line only: the environment may have an ID or a TIME of its own.
SAID = $(if $(filter command,$(origin $(1))),--$(2) "$$$(1)")

adopt: $(VENV)/runtime ## your own table: TABLE=path/or/address TARGET=column [QUERY=file.sql ID= GROUP= TIME= WEIGHT= IGNORE= TASK= POSITIVE=]
	@test -n "$$TABLE" -a -n "$$TARGET" || { echo "error: say which table and which column: make \
	adopt TABLE=path/or/address TARGET=column" >&2; exit 1; }
	@python -m src.adopt "$$TABLE" "$$TARGET" $(call SAID,QUERY,query) $(call SAID,ID,id) $(call SAID,GROUP,group) \
		$(call SAID,TIME,time) $(call SAID,WEIGHT,weight) $(call SAID,IGNORE,ignore) $(call SAID,TASK,task) \
		$(call SAID,POSITIVE,positive) --extras "$(EXTRAS)" $(if $(filter yes,$(DRY_RUN)),--dry-run)

accept: $(VENV)/runtime ## bring data/schema.yaml up to date with a table that changed
	@python -m src.adopt.accept

test: $(VENV)/dev $(CI_LOCAL)/ready ## all tests but the long ones; `make system` installs what some of them need
	$(MAKE) --no-print-directory lint
	dvc repro --quiet  # tests/accuracy judges the model itself, which a fresh clone lacks
	@$(GATE) || true
	pytest -n auto --dist worksteal

test-long: $(VENV)/dev $(CI_LOCAL)/ready ## what takes longer: forks with other tables, more threads and rounds
	pytest -n auto --dist worksteal -m long

check: $(VENV)/dev ## lint, types and unit tests, within a minute: what the commit hook runs
	$(MAKE) --no-print-directory lint
	pytest tests/unit -n auto

integration: $(VENV)/dev ## models fitted, saved, loaded and served: what CI runs besides on each change
	pytest tests/integration -n auto --dist worksteal

.PHONY: lint
lint: $(VENV)/dev
	ruff format --check .
	ruff check .
	deptry .
	mypy

format: $(VENV)/dev ## format the code and fix what the linter can
	ruff format .
	ruff check --fix .

lock: $(VENV)/dev ## renew the lock files: newest versions, one set for every supported Python
	$(UV_LOCK) --output-file requirements.lock
	$(UV_LOCK_ONLY) --group pyproject.toml:predict --constraints requirements.lock \
		--output-file requirements-predict.lock
	$(UV_LOCK) --all-extras --constraints requirements.lock --output-file requirements-dev.lock
	$(UV_LOCK_ONLY) --group pyproject.toml:serve --constraints requirements-dev.lock \
		--output-file requirements-serve.lock
	for extra in $(KNOWN_EXTRAS); do $(UV_LOCK) --extra $$extra \
		--constraints requirements-dev.lock --output-file requirements-$$extra.lock || exit; done

pictures: $(VENV)/dev ## draw the pictures of the README again
	python -m tools.draw

UV_LOCK_ONLY = uv pip compile --quiet --upgrade --universal --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
UV_LOCK = $(UV_LOCK_ONLY) pyproject.toml

system: ## system packages that some tests need (Debian, as root)
	apt-get update --quiet
	apt-get install --quiet --yes --no-install-recommends git make \
		chromium chromium-driver curl postgresql rsync
	command -v npm || apt-get install --quiet --yes --no-install-recommends nodejs npm

# Tables and models that are nowhere else may lie in .storage/ and .s3/, and in DVC's cache.
KEPT = .venv .dvc .storage .s3
clean: ## remove what git ignores, but for the environment, DVC's cache and storage in the clone
	git clean -fdX $(foreach folder,$(KEPT),-e '!$(folder)' -e '!$(folder)/**')

# A copy of the lock inside the environment says what it was made from.
INSTALL = cat $(LOCKS) | cmp --silent - $@ || { echo "Installing $(strip $(LOCKS)) into $(VENV)"; \
	for lock in $(LOCKS); do python tools/install.py $$lock || exit; done; cat $(LOCKS) >$@; }

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info < (3, 14); \
	sys.exit(None if ok else "error: Python " + sys.version.split()[0] + " found, 3.11 to 3.13 \
	expected. Run: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	@echo '*' >$(VENV)/.gitignore  # as Python 3.13 and uv do: it may have any name

$(VENV)/runtime: LOCKS = requirements.lock $(EXTRAS:%=requirements-%.lock)
$(VENV)/runtime: requirements.lock $(EXTRAS:%=requirements-%.lock) Makefile $(VENV)/bin/python | $(DVC_SITE_CACHE_DIR)
	@$(INSTALL)

requirements-%.lock:
	@echo "error: EXTRAS: there is no extra '$*'. Known: $$(echo $(KNOWN_EXTRAS) | sed 's/ /, /g')" >&2
	@exit 1

# Also for `dvc` that is called by hand, in whichever folder of the clone.
$(DVC_SITE_CACHE_DIR):
	@mkdir -p -m 700 $@
	@grep -qs '^\[core\]' .dvc/config.local || printf '[core]\n' >>.dvc/config.local
	@sed -i '/^ *site_cache_dir/d; s|^\[core\]|&\n    site_cache_dir = $@|' .dvc/config.local

$(VENV)/serve: LOCKS = requirements-serve.lock
$(VENV)/serve: requirements-serve.lock $(VENV)/runtime
	@$(INSTALL)

$(VENV)/dev: LOCKS = requirements-dev.lock
$(VENV)/dev: requirements-dev.lock $(VENV)/runtime
	@$(INSTALL)

# gitlab-ci-local reads .gitlab-ci.yml as GitLab does; without npm its tests are skipped.
$(CI_LOCAL)/ready: tests/ci/package.json tests/ci/package-lock.json
	@mkdir -p $(@D)
	cp tests/ci/package.json tests/ci/package-lock.json $(@D)
	if command -v npm >/dev/null; then npm ci --prefix $(@D) --no-audit --no-fund --silent && touch $@; fi
