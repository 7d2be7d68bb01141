# The words of this project. `make` prints them.

BIN := .venv/bin
ROUNDS ?= 1000
ARGS ?=

FAST := not slow and not acceptance and not crash and not clients

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-clients check lint format bench bench-depth bench-turns bench-journal bench-parked bench-peers bench-control bench-trigger bench-soak bench-crowd bench-burst day torture wheel lock tables clean

help: ## Print these words.
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv from requirements.lock; quick when that is done.
	@tools/setup.sh

demo: setup ## Do the main job on 329 real webhook deliveries (ARGS=--crash kills the server midway).
	@$(BIN)/headrace demo $(ARGS)

test: setup lint ## Check everything, then run all tests but the clients' (under 15 minutes).
	@PYTHON=$(BIN)/python tools/test.sh $(ARGS)

test-fast: setup ## Run the tests that take no time (under a minute); `make check` has the house's.
	$(BIN)/python -m pytest -q --ignore=tests/house -m "$(FAST)" $(ARGS)

test-clients: setup ## Run the tests with programs of others: SDKs, consumers, Celery, deploy tools.
	@tools/setup_clients.sh
	$(BIN)/python -m pytest -q -m clients $(ARGS)

check: setup lint ## Check format, lint, types, layers and the house rules.
	$(BIN)/python -m pytest -q tests/house

lint: setup ## Check format, lint, types and layers.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup ## Format the code, and mend what ruff can mend.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Print one table of figures from one run.
	@$(BIN)/python -m tools.bench $(ARGS)

bench-depth: setup ## Measure a backlog of a million messages: memory, disk, throughput, start.
	@$(BIN)/python -m tools.bench.depth $(ARGS)

bench-turns: setup ## Look for long turns of the loop when queues are deep.
	@$(BIN)/python -m tools.bench.turns $(ARGS)

bench-journal: setup ## Write a journal at full speed for ten minutes and show how steady it is.
	@$(BIN)/python -m tools.bench.journal $(ARGS)

bench-parked: setup ## Park 10,000 long polls on 1,000 queues and show what they cost.
	@$(BIN)/python -m tools.bench.parked $(ARGS)

bench-control: setup ## Measure calls about functions, and asynchronous invokes, beside others' servers.
	@$(BIN)/python -m tools.bench.control $(ARGS)

bench-trigger: setup ## Measure mappings: throughput, a surge beside the law of scaling, idle ones.
	@$(BIN)/python -m tools.bench.trigger $(ARGS)

bench-soak: setup ## Invoke functions a million times, with crashes and updates, and look for leftovers.
	@$(BIN)/python -m tools.bench.soak $(ARGS)

bench-crowd: setup ## Start 1,000 environments at once: how long, and how much memory each takes.
	@$(BIN)/python -m tools.bench.crowd $(ARGS)

bench-burst: setup ## Let 100 messages at once through a mapping, each to an environment of its own.
	@$(BIN)/python -m tools.bench.burst $(ARGS)

bench-peers: setup ## Install others' servers and measure them beside ours, in under 20 minutes.
	@$(BIN)/python -m tools.bench.peers $(ARGS)

day: setup ## Replay a day of deliveries through mappings in virtual time and look for lost messages.
	@$(BIN)/python -m tools.day $(ARGS)

torture: setup ## Kill the server ROUNDS times (1000) under load and look for lost messages.
	HEADRACE_CRASH_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest -q -s --timeout=0 -m crash tests/crash $(ARGS)

wheel: setup ## Build the wheel and the source archive into dist/.
	$(BIN)/hatchling build

lock: setup ## Resolve pyproject.toml's dependencies anew into requirements.lock (needs uv).
	@tools/lock.sh

tables: setup ## Generate wire/tables from the installed botocore.
	$(BIN)/python tools/generate_tables.py

clean: ## Remove what these words have made.
	rm -rf .venv .clients dist build tests/clients/node_modules .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache .grimp_cache .hypothesis
	find src tests tools examples -name __pycache__ -type d -prune -exec rm -rf {} +
