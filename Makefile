# Everything a user or a developer types. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STACK ?= async
# Test processes: more than cores, because most tests wait for services most of the time.
WORKERS ?= 4
# uv of the machine, or the one that scripts/setup brings into the project
export PATH := $(PATH):$(CURDIR)/.tools/bin
# The project's own, whatever environment the user's shell or UV_PROJECT_ENVIRONMENT names
BIN := .venv/bin
LAB := $(BIN)/python -m lab

.PHONY: help setup demo results scale test test-fast lint format security images cov check bench-accept bench-cold-start \
	bench-drain bench-loops bench-hot-product load clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything the project needs into the project (uv, packages, emulator)
	@scripts/setup

demo: setup ## run a shortened flash sale on all three topologies on this machine, and report
	@exec $(LAB) demo $(ARGS)

results: setup ## the same at full scale: 30 s normal and 60 s flash on each topology
	@exec $(LAB) demo --full $(ARGS)

scale: setup ## draw the backlog of the flash sale with 1, 5, 20 and 100 workers
	@exec $(LAB) scale $(ARGS)

test: setup ## run every test, or some: make test ARGS=tests/unit [WORKERS=0]
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

test-fast: setup ## run what starts no process, opens no socket and walks no long list (about a minute)
	@HYPOTHESIS_PROFILE=fast HISTORIES=500 $(BIN)/pytest -n 2 --dist loadfile -m "not process and not socket and not exhaustive" tests/unit tests/properties $(ARGS)

lint: setup ## check format, lint, types and import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/zizmor --quiet --offline --persona pedantic .github

format: setup ## format the code and apply safe lint fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

security: setup ## let checkov look at the three stacks, and compare with docs/security.md
	@PYTHONPATH=. exec .venv/bin/python scripts/check_security.py

images: setup ## build both images, start them, import the function in Lambda's images (needs Docker)
	@PYTHONPATH=. exec .venv/bin/python scripts/check_images.py

cov: setup ## run every test and say which lines no test reached, commands that tests start included
	@rm -rf build/coverage
	@-$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile $(ARGS)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage html --quiet && $(BIN)/coverage report

check: lint test ## all that CI runs: lint, types, imports, tests

load: setup ## drive a deployed stack with Locust: make load STACK=async [HOST=http://...] [ARGS=...]
	@HOST="$(HOST)" exec scripts/load "$(STACK)" $(ARGS)

bench-accept: setup ## measure the accept path of the receiver
	@exec $(BIN)/python -m benchmarks.accept $(ARGS)

bench-cold-start: setup ## measure a function's first moments, beside other AWS clients
	@exec $(BIN)/python -m benchmarks.cold_start $(ARGS)

bench-drain: setup ## measure the processor working off a queue
	@exec $(BIN)/python -m benchmarks.drain $(ARGS)

bench-loops: setup ## count what the loops of predecessors pay twice, beside ours
	@exec $(BIN)/python -m benchmarks.loops $(ARGS)

bench-hot-product: setup ## measure how many orders of one product are completed a second
	@exec $(BIN)/python -m benchmarks.hot_product $(ARGS)

clean: ## remove what the targets made
	rm -rf build .venv .tools engine/emulator/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
