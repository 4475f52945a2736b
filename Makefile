# `make run` shows it working; `make test` proves it. Both need Python 3.11+, git and make, and install the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8700
SWAGGER_UI := 5.35.0
SWAGGER_UI_SHA256 := 1b8e891893404ea4c3558b6a87e2a3e494e7eedba41168c2ece5800a391a6ea6
SWAGGER_UI_DIR := kensho/web/static/vendor/swagger-ui
SWAGGER_UI_FILES := LICENSE NOTICE swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt
HLS := 1.7.4
HLS_SHA256 := e4ab3d5d13f7cca9ef241d098f39686e19fd451831ba07dc9943482fd5ff75c7
HLS_DIR := kensho/web/static/vendor/hls/static
AXE := 4.14.1
AXE_SHA256 := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
AXE_DIR := var/axe-core
AUDIT := var/audit
DIST := dist
RUN_INSTALLED := $(VENV)/.run-installed
DEV_INSTALLED := $(VENV)/.dev-installed
SDK_INSTALLED := $(VENV)/.sdk-installed
KERNEL := $(wildcard kensho/search/kernel/*.[ch] kensho/search/kernel/s*.py) # compiled where there is a C compiler

.PHONY: help run demo sample pictures assets test-assets sdk-python sdk-typescript sdk-go sdk-contract test check lint types mypy pyright layers unit pytest fuzz soak bench load chaos attack snapshot \
  lock sast audit supply wheel sbom licences sign system-packages clean

# Python keeps what it compiles, whatever the surroundings say: tests start some forty processes.
export PYTHONDONTWRITEBYTECODE :=
WORKERS ?= 2
# In memory where there is room for it: tests publish and remove thousands of small files, and a disk that syncs
# each of them takes most of the time (a tenth of it is left for tests of history, half for those of ingest).
PYTEST = scratch=$$(mktemp -d -p "$$([ "$$(df --output=avail --block-size=1G /dev/shm | tail -n 1)" -ge 8 ] 2>/dev/null && echo /dev/shm || echo /tmp)") && \
  trap 'rm -rf "$$scratch"' EXIT && $(BIN)/pytest --basetemp "$$scratch/t" -n $(WORKERS) --dist loadscope --no-loadscope-reorder

help: ## Print what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: $(RUN_INSTALLED) assets sample ## Install, load the sample catalogue, serve; prints the URL.
	@echo "Kenshō: http://127.0.0.1:$(PORT)/ (Ctrl-C stops it)"
	@$(BIN)/kensho serve --port $(PORT)

demo: $(DEV_INSTALLED) assets ## All of it, without Docker: accounts, streams, films, videos; prints addresses and who may sign in.
	@command -v ffmpeg >/dev/null || $(MAKE) system-packages
	@$(BIN)/python -m deploy.demo --port $(PORT)

sample: $(RUN_INSTALLED)
	@test -e var/kensho.db || $(BIN)/kensho ingest --all ingest/sample

# The documentation page's script and style sheet, and the player of the page that plays. The explorer's own need no
# preparing: they are served as they are.
assets: $(SWAGGER_UI_DIR)/swagger-ui-bundle.js $(HLS_DIR)/hls.min.js

# What the browser tests judge accessibility by; it is not shipped.
test-assets: $(AXE_DIR)/axe.min.js

$(SWAGGER_UI_DIR)/swagger-ui-bundle.js: | $(BIN)/uv
	@$(call fetched,swagger-ui-dist,$(SWAGGER_UI),$(SWAGGER_UI_SHA256),$(SWAGGER_UI_DIR),$(SWAGGER_UI_FILES))

$(HLS_DIR)/hls.min.js: | $(BIN)/uv
	@$(call fetched,hls.js,$(HLS),$(HLS_SHA256),$(HLS_DIR),LICENSE dist/hls.min.js)

$(AXE_DIR)/axe.min.js: | $(BIN)/uv
	@$(call fetched,axe-core,$(AXE),$(AXE_SHA256),$(AXE_DIR),LICENSE axe.min.js)

# $(call fetched,package,version,sha256,folder,files): files of an npm package; Node itself comes from PyPI where the
# machine has none.
define fetched
command -v npm >/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
	    --requirements requirements-assets.lock; \
	  folder=$$(mktemp -d) && trap 'rm -r "$$folder"' EXIT && export PATH="$$PATH:$(CURDIR)/$(BIN)" && \
	  npm pack --silent --pack-destination "$$folder" $(1)@$(2) >/dev/null && archive="$$folder/$(1)-$(2).tgz" && \
	  echo "$(3)  $$archive" | sha256sum --check --quiet && mkdir -p $(4) && \
	  tar --extract --gzip --touch --file "$$archive" --directory $(4) \
	  --transform 's,.*/,,' $(addprefix package/,$(5))
endef

check: lint layers mypy unit ## The inner loop: lint, layers, types by mypy, unit tests; about a minute.

test: $(DEV_INSTALLED) assets test-assets system-packages $(SDK_INSTALLED) ## Everything that must hold, pytest last.
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint mypy pyright layers
	$(MAKE) --no-print-directory pytest

lint: $(DEV_INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: mypy pyright

pyright: $(DEV_INSTALLED)
	$(BIN)/pyright

mypy: $(DEV_INSTALLED)
	$(BIN)/mypy

layers: $(DEV_INSTALLED)
	$(BIN)/lint-imports

unit: $(DEV_INSTALLED)
	@$(PYTEST) -q tests/unit

pytest: $(DEV_INSTALLED)
	@$(PYTEST) --cov --cov-report=term:skip-covered

fuzz: $(DEV_INSTALLED) system-packages ## The compiled kernel under sanitizers; FUZZ_SECONDS=20, SEED= of an earlier run.
	$(BIN)/python -m tests.support.sanitized_kernel --seconds $(or $(FUZZ_SECONDS),20) $(if $(SEED),--seed $(SEED))

soak: $(DEV_INSTALLED) ## Property tests with fifty times as many examples, and every tuned number moved both ways; takes hours.
	@$(PYTEST) --hypothesis-profile soak tests/property tests/tuning

bench: $(DEV_INSTALLED) assets system-packages ## Print every figure on ../shared/data; takes about 45 minutes.
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-train.lock
	$(BIN)/python -m benchmarks

load: $(DEV_INSTALLED) ## Users of a server: HOST=http://127.0.0.1:8700 SHAPE=normal|spike|stress|soak HEIGHT=100 REPORT=docs/load.html; fails where a promise breaks.
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-load.lock
	$(BIN)/python -m locust -f benchmarks/load/locustfile.py --headless --only-summary --host $(or $(HOST),http://127.0.0.1:8700) \
	  --shape $(or $(SHAPE),normal) --height $(or $(HEIGHT),100) --seconds $(or $(SECONDS),0) --csv var/load --csv-full-history && code=0 || code=$$?; \
	  $(BIN)/python -m benchmarks.load.report $(or $(REPORT),var/load.html) "$(or $(SHAPE),normal), $(or $(HEIGHT),100) users"=var/load \
	  --note "Load of the machine at the end: $$(cut -d' ' -f1-3 /proc/loadavg)."; exit $$code

chaos: $(DEV_INSTALLED) system-packages ## Break things beside a server that is read, and say what users saw; 5 minutes. NAME= for one.
	$(BIN)/python -m benchmarks.chaos $(NAME)

attack: $(DEV_INSTALLED) assets ## Attack a server while others read; takes up to 10 minutes.
	$(BIN)/python -m benchmarks.attack $(if $(SNAPSHOT),--snapshot $(SNAPSHOT))

pictures: FONTS := yes # or titles in Japanese are empty boxes; tests look at no letters
pictures: $(DEV_INSTALLED) assets system-packages ## Take the screenshots of docs/ anew, from the sample catalogue.
	$(BIN)/python -m docs.pictures

sdk-python: ## A client of the API in Python, from sdk/openapi.json, or DOCUMENT.
sdk-typescript: ## … in TypeScript.
sdk-go: ## … in Go.
sdk-python sdk-typescript sdk-go: sdk-%: $(DEV_INSTALLED) $(SDK_INSTALLED)
	@$(BIN)/python -m sdk.generate $* --document $(or $(DOCUMENT),sdk/openapi.json)

sdk-contract: $(DEV_INSTALLED) ## Keep what the code says of the API; refuses what breaks clients.
	@$(BIN)/python -m sdk.contract --write

# What makes clients: npm verifies what it gets by the digests of its lock.
$(SDK_INSTALLED): requirements-sdk.lock sdk/typescript/package-lock.json $(DEV_INSTALLED) # which forgets what it does not name
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements-sdk.lock
	command -v npm >/dev/null || $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
	  --requirements requirements-assets.lock
	cd sdk/typescript && PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent
	touch $@

snapshot: $(DEV_INSTALLED) ## Generate graph_schema/SNAPSHOT.surql from the migrations.
	$(BIN)/kensho migrate --store mem:// --snapshot graph_schema/SNAPSHOT.surql

lock: $(DEV_INSTALLED) ## Resolve the locks anew from pyproject.toml.
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml --group dev \
	  -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header pyproject.toml --extra edges \
	  --constraints requirements-dev.lock -o requirements-edges.lock
	for group in build assets train sdk load; do $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header \
	  --group pyproject.toml:$$group --constraints requirements-dev.lock -o requirements-$$group.lock; done
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --group pyproject.toml:audit -o requirements-audit.lock

sast: $(DEV_INSTALLED) $(AUDIT)/bin/semgrep ## What reads the code for weaknesses and secrets, without the network; ruff's rules S are in `lint`.
	$(AUDIT)/bin/bandit --quiet --configfile pyproject.toml --recursive -ll kensho ingest deploy
	$(AUDIT)/bin/detect-secrets scan --no-verify --exclude-files '$(NO_SECRETS)' > $(AUDIT)/secrets.json
	$(BIN)/python -m deploy.supply secrets $(AUDIT)/secrets.json
	PATH="$(CURDIR)/$(AUDIT)/bin:$$PATH" semgrep scan --quiet --error --metrics=off --disable-version-check \
	  --config deploy/semgrep kensho ingest deploy
	PATH="$(CURDIR)/$(AUDIT)/bin:$$PATH" semgrep scan --test --quiet --metrics=off --disable-version-check \
	  --config deploy/semgrep tests/data/semgrep

# Files that hold only digests, or nothing but data of others.
NO_SECRETS := requirements.*\.lock$$|^tests/data/|^ingest/sample/|\.(png|svg|lock)$$|golden_|^\.secrets\.baseline$$

audit: $(AUDIT)/bin/semgrep ## Ask for known weaknesses of what the locks pin; needs the network.
	for lock in requirements.lock requirements-edges.lock requirements-build.lock; do \
	  $(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --requirement $$lock; done

$(AUDIT)/bin/semgrep: requirements-audit.lock | $(BIN)/uv
	$(PYTHON) -m venv $(AUDIT)
	$(BIN)/uv pip install --quiet --python $(AUDIT)/bin/python --require-hashes --requirements requirements-audit.lock
	@touch $@

supply: wheel sbom licences ## What a release hands out, besides the image, in dist/.

# A build of one commit is the same wherever and whenever it is made.
wheel: $(DEV_INSTALLED) assets
	mkdir -p $(DIST) && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m hatchling build --target wheel --directory $(DIST)

sbom: $(DEV_INSTALLED)
	mkdir -p $(DIST) && $(BIN)/python -m deploy.supply sbom > $(DIST)/kensho.cdx.json

licences: $(DEV_INSTALLED) ## Write docs/licences.md anew from what is installed.
	$(BIN)/python -m deploy.supply licences > docs/licences.md.new && mv docs/licences.md.new docs/licences.md

sign: ## Sign what is in dist/, and the notes of the release, by KEY (an SSH key).
	cp docs/releases/$(or $(NOTES),$(error NOTES= names a file of docs/releases)) $(DIST)/notes.md
	cd $(DIST) && sha256sum -- *.whl kensho.cdx.json notes.md > SHA256SUMS && ssh-keygen -Y sign -f $(KEY) -n kensho-release SHA256SUMS

# Chromium shows the pages to the browser tests; gcc compiles the kernel, also with sanitizers; the edges are tested with
# Redis, ffmpeg (clips), nginx with its JavaScript and wrk, which asks it as fast as it answers, dashboards and alarms with
# Prometheus; Go compiles the client in its language. Installed only where they are missing: Debian signs its lists of packages, and these hold the digest of each.
system-packages:
	@missing="$$(command -v chromium >/dev/null || echo chromium) $$(command -v cc >/dev/null || echo gcc libc6-dev)"; \
	  missing="$$missing $$(command -v redis-server >/dev/null || echo redis-server)"; \
	  missing="$$missing $$(command -v ffmpeg >/dev/null || echo ffmpeg)"; \
	  missing="$$missing $$(command -v promtool >/dev/null || echo prometheus)"; \
	  missing="$$missing $$(test -x /usr/sbin/nginx || echo nginx-light libnginx-mod-http-js)"; \
	  missing="$$missing $(if $(FONTS),$$(fc-list :lang=ja 2>/dev/null | grep -q . || echo fonts-noto-cjk))"; \
	  missing="$$missing $$(command -v wrk >/dev/null || echo wrk) $$(command -v go >/dev/null || echo golang-go)"; \
	  test -z "$${missing// /}" || { sudo=$$(test "$$(id -u)" = 0 || echo sudo); \
	  $$sudo apt-get update -q && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y $$missing; }

# Nothing is installed that a lock does not name by its hash, what installs and builds included: builds fetch nothing.
$(BIN)/uv: requirements-build.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-build.lock
	@touch $@

EDITABLE := $(BIN)/uv pip install --quiet --offline --python $(BIN)/python --no-deps --no-build-isolation --editable .

$(RUN_INSTALLED): $(BIN)/uv requirements.lock pyproject.toml $(KERNEL)
	@test -e $(DEV_INSTALLED) || $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock \
	  requirements-build.lock
	@$(EDITABLE)
	@$(BIN)/kensho kernel
	@touch $@

$(DEV_INSTALLED): $(BIN)/uv requirements-dev.lock pyproject.toml $(KERNEL)
	$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes \
	  requirements-dev.lock requirements-build.lock
	$(EDITABLE)
	$(BIN)/kensho kernel
	@touch $@ $(RUN_INSTALLED)

clean: ## Forget the installation and everything derived; the sample catalogue is loaded anew.
	rm -rf $(VENV) var
