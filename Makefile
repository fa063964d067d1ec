# Portway. CI calls only these targets. Everything sets itself up; a second run works offline, and after `make test` all do.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export UV_CACHE_DIR ?= $(CURDIR)/.uv-cache
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0

PYTHON ?= python3
BIN := .venv/bin
ALL_TESTS := tests clients/python/tests
ONLY ?= $(ALL_TESTS)
TIMES ?= 20

.PHONY: help setup web dev demo s3 check test test-sam clamd browsers test-long prove fuzz corpus gather build validate compiler bench host invoke invoke-all deploy remove smoke redrive openapi policy policy-page events lock clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.ready .venv-sam/.ready .venv-checkov/.ready node_modules/.ready ## Install what the other targets need, but what `make test` and builds fetch once (CONTRIBUTING.md)

.venv/.ready: requirements/uv.txt requirements/dev.txt clients/python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Portway needs Python 3.11 or newer; set PYTHON=python3.x")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'installing python3-venv'; apt-get update -q && apt-get install -qy python3-venv; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/dev.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e . -e clients/python
	@touch $@

.venv-sam/.ready: .venv/.ready requirements/sam.txt
	test -x .venv-sam/bin/python || $(BIN)/uv venv -q --python $(BIN)/python .venv-sam
	$(BIN)/uv pip install -q --python .venv-sam/bin/python --require-hashes -r requirements/sam.txt
	@touch $@

dev demo: export PORTWAY_POLICY := $(POLICY)
dev demo: export PORTWAY_COMPUTE := $(or $(COMPUTE),$(PORTWAY_COMPUTE))
dev: export PORTWAY_FAULTS := $(or $(FAULTS),$(PORTWAY_FAULTS))
.venv-checkov/.ready: .venv/.ready requirements/checkov.txt
	test -x .venv-checkov/bin/python || $(BIN)/uv venv -q --python $(BIN)/python .venv-checkov
	$(BIN)/uv pip install -q --python .venv-checkov/bin/python --require-hashes -r requirements/checkov.txt
	@touch $@

PACKAGES := clients/js web tests/browser bench/page
node_modules/.ready: package-lock.json package.json $(PACKAGES:%=%/package.json)
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo 'Portway needs Node 20 or newer for its browser client, page and their tests'; exit 1; }
	npm ci --loglevel=error --prefer-offline
	@touch $@

UPLOADER := web/dist/portway-uploader.js
web: $(UPLOADER) ## Build the uploader page and <portway-uploader> into web/dist
$(UPLOADER): node_modules/.ready web/index.html web/vite.config.ts $(shell find web/src web/public clients/js/src -type f 2>/dev/null)
	npm run -s build -w web -- --logLevel warn

dev: ## Run the whole system here until Ctrl-C (COMPUTE=lambda: functions as built for AWS; FAULTS=all=0.03: a bad network; more: docs/local-stack.md)
	@$(MAKE) .venv/.ready .venv-sam/.ready >&2
	@if command -v npm >/dev/null; then $(MAKE) web >&2 || echo 'the uploader page is not built; all else runs' >&2; fi
	@exec $(BIN)/python -m dev # its line of JSON is all that stdout gets

demo: export PORTWAY_DEMO_FILE = $(value FILE)
demo: .venv/.ready .venv-sam/.ready ## Send a file through the whole system and compare what is published (FILE=any/file)
	@$(BIN)/python -m dev.demo "$$PORTWAY_DEMO_FILE"

s3: .venv/.ready ## Start only the strict S3 endpoint (flags: ARGS="--port 9000 --data folder")
	@exec $(BIN)/python -m dev.s3 $(ARGS) # its line of JSON is all that stdout gets

# The functions run on another machine than this one: `make build ARCH=x86_64 PYV=3.11` builds for a laptop. Byte code
# needs an interpreter of the same minor version here; pyenv's shims exist without one behind them, so each is tried.
ARCH := arm64
PYV := 3.13
ENV := dev
ARTIFACTS := .aws-sam/build
PYC_PYTHON = $(shell for each in python$(PYV) $(wildcard $(HOME)/.pyenv/versions/$(PYV).*/bin/python); do "$$each" -c 'import sys; print(sys.executable)' 2>/dev/null && break; done)
SAM := PATH="$(CURDIR)/$(BIN):$$PATH" .venv-sam/bin/sam

POLICY ?= policy.yaml
policy: .venv/.ready ## Validate the policy and compile it for the functions (POLICY="policy.yaml more.yaml": docs/policy.md)
	$(BIN)/python -m dev.policy $(POLICY) .build/policy.json

check: setup policy ## All gates: style, types, who may import whom, house rules, OpenAPI, template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m dev.house
	$(BIN)/python -m dev.security_page
	$(BIN)/python -m dev.policy_page --check
	$(BIN)/python -m dev.events --check
	$(BIN)/python -m dev.openapi --check
	npm run -s check
	$(MAKE) validate

# Blocks from 256 KiB on (parts of files) go back to the system when they are freed, and a CI machine of 4 GB is enough.
test test-long: export MALLOC_MMAP_THRESHOLD_ := 262144
test: setup policy clamd browsers web ## All tests, or a part: make test ONLY=tests/unit
	$(BIN)/pytest -q -n 2 --dist loadfile --ignore=tests/long $(ONLY)

test-sam: .venv/.ready .venv-sam/.ready policy ## Every built function under AWS's own Runtime Interface Emulator (part of make test)
	$(BIN)/pytest -q tests/sam

CLAMD = PATH="$$PATH:/usr/sbin:/usr/local/sbin" command -v clamd >/dev/null

clamd: # a real scanner for tests/scanners; they tell when it is missing. Nothing is started, no signatures are loaded
	@$(CLAMD) || test "$$(id -u)" != 0 || { echo 'installing clamav-daemon'; apt-get update -q && apt-get install -qy --no-install-recommends clamav-daemon; } || true

BROWSERS = command -v chromium >/dev/null && command -v firefox-esr >/dev/null

browsers: # for tests/browser; they tell when one is missing
	@$(BROWSERS) || test "$$(id -u)" != 0 || { echo 'installing chromium and firefox-esr'; apt-get update -q && apt-get install -qy --no-install-recommends chromium firefox-esr; } || true

test-long: setup policy ## The large proofs
	$(BIN)/pytest -q tests/long

prove: .venv/.ready ## The model checker's large set, with all mutations: many minutes (docs/reliability.md)
	$(BIN)/python -m tests.faults.model

fuzz: setup policy ## Random requests, events and headers for longer than `make test` takes (TIMES=20)
	FUZZ_TIMES=$(TIMES) $(BIN)/pytest -q tests/security/test_fuzz_*.py tests/protocols/test_native_fuzz.py

corpus: .venv/.ready ## Hostile and good files through all inspectors: what is found, and what that costs (ONLY="images pdf")
	@$(BIN)/python -m dev.corpus $(filter-out $(ALL_TESTS),$(ONLY))

.venv-bench/.ready: .venv/.ready requirements/bench.txt clients/python/pyproject.toml
	test -x .venv-bench/bin/python || $(BIN)/uv venv -q --python $(BIN)/python .venv-bench
	$(BIN)/uv pip install -q --python .venv-bench/bin/python --require-hashes -r requirements/bench.txt
	$(BIN)/uv pip install -q --python .venv-bench/bin/python --no-deps --no-build-isolation -e clients/python
	@touch $@

PEERS := bench/tus/node_modules/.ready bench/companion/node_modules/.ready
$(PEERS): bench/%/node_modules/.ready: bench/%/package-lock.json
	npm ci --prefix bench/$* --loglevel=error --prefer-offline
	@touch $@

compiler: # for the sinks of the clients' benches; they tell when it is missing
	@echo '#include <openssl/ssl.h>' | cc -E - >/dev/null 2>&1 || test "$$(id -u)" != 0 || { echo 'installing build-essential and libssl-dev'; apt-get update -q && apt-get install -qy --no-install-recommends build-essential libssl-dev; } || true

bench: .venv/.ready .venv-sam/.ready .venv-bench/.ready $(if $(shell command -v node),$(PEERS) node_modules/.ready browsers) compiler ## All benchmarks with their bars into docs/benchmarks.md, or some: make bench ONLY="presign sign_handler" (WRITE=0: print)
	@$(BIN)/python -m bench $(if $(filter 0,$(WRITE)),--print-only) $(filter-out $(ALL_TESTS),$(ONLY))

policy-page: .venv/.ready ## Write docs/policy.md again, from policy.yaml
	$(BIN)/python -m dev.policy_page

events: .venv/.ready ## Write the types of examples/consumer again, from events/schemas
	$(BIN)/python -m dev.events

openapi: .venv/.ready ## Write docs/api/openapi.json again, from the code that answers
	$(BIN)/python -m dev.openapi

validate: setup ## Check template.yaml, the examples' templates and the workflows (cfn-lint; checkov's rules, less those that .checkov.yaml names)
	$(SAM) validate --lint
	.venv-sam/bin/cfn-lint examples/clamd/service.yaml examples/cognito/identity.yaml examples/deployer/github.yaml
	$(BIN)/python -m dev.everything
	.venv-checkov/bin/checkov --config-file .checkov.yaml
	.venv-checkov/bin/check-jsonschema -qq --builtin-schema vendor.github-workflows .github/workflows/*.yml

gather: .venv/.ready .venv-sam/.ready policy # everything that is shipped, before dev.ship cuts and compiles it
	ARCH=$(ARCH) PYV=$(PYV) PORTWAY_ROOT="$(CURDIR)" $(SAM) build --build-dir "$(ARTIFACTS)" --parameter-overrides Arch=$(ARCH) Py=python$(PYV)

build: gather ## Build functions and layers for Lambda into .aws-sam/build (ARCH=x86_64, PYV=3.12: for another machine)
	@$(BIN)/python -m dev.ship "$(ARTIFACTS)" "$(PYC_PYTHON)"

host: .venv/.ready .venv-sam/.ready ## Build them for this machine into .aws-sam/host, if anything changed since (dev/artefacts.py runs them)
	@$(BIN)/python -m dev.host

invoke: .venv/.ready .venv-sam/.ready ## One event through `sam local invoke`, with Docker: make invoke EVENT=events/api_create.json
	@test -n "$(EVENT)" || { echo 'say which: make invoke EVENT=events/api_create.json' >&2; exit 2; }
	@$(BIN)/python -m dev.invoke $(EVENT)

invoke-all: .venv/.ready .venv-sam/.ready ## All events of events/ through `sam local invoke`, with Docker
	@$(BIN)/python -m dev.invoke

deploy: .venv/.ready .venv-sam/.ready ## Look, ask, build, deploy and try out an environment of samconfig.toml (ENV=dev, staging or prod; DRY_RUN=1 shows, YES=1 asks nothing)
	@$(BIN)/python -m dev.deploying --env $(ENV) $(if $(DRY_RUN),--dry-run) $(if $(YES),--yes)

remove: .venv/.ready ## Delete the stack of an environment, keep its files and records (ENV=dev; SURE=its-name: do not ask)
	@$(BIN)/python -m dev.deploying.removing --env $(ENV) $(if $(SURE),--sure $(SURE))

smoke: .venv/.ready ## Try out a deployed stack: a table, an exit code (ENV=dev, STACK=name, STACK=local or API=https://…; PORTWAY_TOKEN)
	@$(BIN)/python -m dev.smoke $(if $(API),--api $(API),$(if $(STACK),--stack $(STACK),--env $(ENV)))

redrive: .venv/.ready ## Hand in again what nobody could handle, after mending the cause (ENV=dev, staging or prod; STACK=name)
	@$(BIN)/python -m dev.redrive $(if $(STACK),--stack $(STACK),--env $(ENV))

lock: .venv/.ready ## Compile the hash-pinned requirement files again
	for name in uv dev sam checkov bench runtime recipe; do $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header requirements/$$name.in -o requirements/$$name.txt; done
	$(BIN)/uv pip compile -q --python-version 3.13 --python-platform aarch64-manylinux2014 --generate-hashes --no-header layers/deps/requirements.in -o layers/deps/requirements.txt
	$(BIN)/uv pip compile -q --python-version 3.13 --python-platform aarch64-manylinux_2_28 --generate-hashes --no-header layers/media/requirements.in -o layers/media/requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header examples/consumer/requirements.in -o examples/consumer/requirements.txt

clean: ## Remove what the targets made (environments stay, and what make remove wrote down)
	find .portway -mindepth 1 -maxdepth 1 ! -name kept -exec rm -rf {} + 2>/dev/null || true
	rm -rf .aws-sam .build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
