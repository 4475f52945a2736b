# `make run` shows it working; `make test` proves it. Both need Python 3.11+, git and make, and install the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
PORT ?= 8700
RUN_INSTALLED := $(VENV)/.run-installed
DEV_INSTALLED := $(VENV)/.dev-installed

.PHONY: run sample test lint types layers pytest bench lock system-packages clean

run: $(RUN_INSTALLED) sample ## Install, load the sample catalogue, serve; prints the URL.
	@echo "Kenshō: http://127.0.0.1:$(PORT)/api/docs (Ctrl-C stops it)"
	@$(BIN)/kensho serve --port $(PORT)

sample: $(RUN_INSTALLED)
	@test -e var/kensho.db || $(BIN)/kensho ingest --all ingest/sample

test: $(DEV_INSTALLED) system-packages lint types layers pytest ## Everything that must hold, pytest last.

lint: $(DEV_INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_INSTALLED)
	$(BIN)/mypy
	$(BIN)/pyright

layers: $(DEV_INSTALLED)
	$(BIN)/lint-imports

pytest: $(DEV_INSTALLED)
	$(BIN)/pytest --cov --cov-report=term:skip-covered

bench: $(DEV_INSTALLED) ## Print every figure on ../shared/data; takes about ten minutes.
	$(BIN)/python -m benchmarks

lock: $(DEV_INSTALLED) ## Resolve the locks anew from pyproject.toml.
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml --group dev \
	  -o requirements-dev.lock

# Chromium shows the documentation page to the browser tests. Installed only where it is missing.
system-packages:
	@command -v chromium >/dev/null || { \
	  sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y chromium; }

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(RUN_INSTALLED): $(BIN)/uv requirements.lock pyproject.toml
	@test -e $(DEV_INSTALLED) || $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(DEV_INSTALLED): $(BIN)/uv requirements-dev.lock pyproject.toml
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@ $(RUN_INSTALLED)

clean: ## Forget the installation and everything derived; the sample catalogue is loaded anew.
	rm -rf $(VENV) var
