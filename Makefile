# Two commands to begin with: `make demo` and `make test`. All of them: `make help`.

PYTHON ?= python3
PORT ?= 8000
DEMO_SERVE ?= 1
DEMO_LISTINGS ?= 20000

BIN := .venv/bin
READY := .venv/.ready
SAY := @printf '\n\033[1m%s\033[0m\n'
FONDACO := $(BIN)/fondaco
SNAPSHOT := demo/snapshot

.DELETE_ON_ERROR:
.PHONY: help demo test slow check bench clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

# The environment: made anew when the project's dependencies or their pins have changed since.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Fondaco needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1); name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Installing the environment into .venv (some minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(READY) $(SNAPSHOT)/CURRENT ## a sample catalogue, a snapshot, three queries, the service (DEMO_SERVE=0: without it)
	@$(FONDACO) audit --quick --snapshot $(SNAPSHOT) >/dev/null 2>&1 || { \
	  echo "The snapshot is another version's: building it anew"; rm -rf $(SNAPSHOT); \
	  $(FONDACO) index demo/catalogue.jsonl --out $(SNAPSHOT); }
	$(SAY) 'A buyer in Turkey, who writes Turkish'
	@$(FONDACO) search "kablosuz kulaklık" --snapshot $(SNAPSHOT) --locale tr --size 3
	$(SAY) 'A buyer in Brazil, who wants it soon'
	@$(FONDACO) search "garrafa de água" --snapshot $(SNAPSHOT) --locale pt-BR --sort delivery --size 3
	$(SAY) 'A buyer in Germany, who writes Japanese: with the terms of each score'
	@$(FONDACO) search "コーヒーメーカー" --snapshot $(SNAPSHOT) --locale ja --country DE --size 2 --explain
ifeq ($(DEMO_SERVE),1)
	$(SAY) 'The storefront is coming up on http://127.0.0.1:$(PORT)/ (Ctrl-C ends it). Or ask it from another terminal:'
	@echo "curl -s http://127.0.0.1:$(PORT)/v1/search -H 'content-type: application/json' \\"
	@echo "     -d '{\"query\": \"kabellose kopfhörer\", \"locale\": \"de\", \"size\": 3}'"
	@echo
	@$(FONDACO) serve --snapshot $(SNAPSHOT) --port $(PORT) || [ $$? -eq 130 ]
endif

demo/catalogue.jsonl: | $(READY)
	$(SAY) 'A sample catalogue'
	@$(FONDACO) sample --listings $(DEMO_LISTINGS) --out $@ --force

$(SNAPSHOT)/CURRENT: demo/catalogue.jsonl | $(READY)
	$(SAY) 'A snapshot of it, by the multilingual encoder (a minute or two; the first time its weights are converted as well)'
	@$(FONDACO) index $< --out $(SNAPSHOT)

test: $(READY) ## every test but the slow ones
	$(BIN)/pytest -q -m "not slow"

slow: $(READY) ## the tests that take minutes
	$(BIN)/pytest -q -m slow

check: $(READY) ## format, lint, types, import direction, documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house/test_docs.py tests/house/test_deployment.py

bench: $(READY) $(SNAPSHOT)/CURRENT ## how long a search and a build take on this machine
	$(BIN)/python benchmarks/latency.py --snapshot $(SNAPSHOT)
	$(BIN)/python benchmarks/build.py --listings 20000 --encoder hashing

clean: ## remove the demo, caches and build leftovers (the environment stays)
	rm -rf demo build dist .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
