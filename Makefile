# Start with `make demo` and `make test`. `make help` lists all commands.

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
.PHONY: help demo free-port test slow check golden bench clean
.NOTPARALLEL: # the port is looked at before anything is built

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 14

# The environment. It is updated when the dependencies or their pins have changed.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Fondaco needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1). Use another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Installing the environment into .venv (the first time takes some minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

demo: free-port $(READY) $(SNAPSHOT)/CURRENT ## build a sample snapshot, search it, start the service (DEMO_SERVE=0: no service)
	@$(FONDACO) audit --quick --snapshot $(SNAPSHOT) >/dev/null 2>&1 || { \
	  echo "The snapshot is from another version of Fondaco: building it again"; rm -rf $(SNAPSHOT); \
	  $(FONDACO) index demo/catalogue.jsonl --out $(SNAPSHOT); }
	$(SAY) 'A buyer in Turkey searches in Turkish'
	@$(FONDACO) search "kablosuz kulaklık" --snapshot $(SNAPSHOT) --locale tr --size 3
	$(SAY) 'A buyer in Brazil sorts by delivery time'
	@$(FONDACO) search "garrafa de água" --snapshot $(SNAPSHOT) --locale pt-BR --sort delivery --size 3
	$(SAY) 'A buyer in Germany searches in Japanese; --explain shows the terms of each score'
	@$(FONDACO) search "コーヒーメーカー" --snapshot $(SNAPSHOT) --locale ja --country DE --size 2 --explain
ifeq ($(DEMO_SERVE),1)
	$(SAY) 'The storefront starts on http://127.0.0.1:$(PORT)/ (stop it with Ctrl-C). Or send a request from another terminal:'
	@echo "curl -s http://127.0.0.1:$(PORT)/v1/search -H 'content-type: application/json' \\"
	@echo "     -d '{\"query\": \"kabellose kopfhörer\", \"locale\": \"de\", \"size\": 3}'"
	@echo
	@$(FONDACO) serve --snapshot $(SNAPSHOT) --port $(PORT) || [ $$? -eq 130 ]
endif

# What will be served needs its port: better to fail now than after minutes of building.
free-port:
ifeq ($(DEMO_SERVE),1)
	@$(PYTHON) -c 'import socket, sys; probe = socket.socket(); \
	  probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); \
	  probe.bind(("127.0.0.1", int(sys.argv[1])))' '$(PORT)' 2>/dev/null || { \
	  echo "Port $(PORT) cannot be used: another program has it, or it is no port. Nothing was built." >&2; \
	  echo "Give another one: make demo PORT=9000" >&2; exit 1; }
endif

demo/catalogue.jsonl: | $(READY)
	$(SAY) 'Writing a sample catalogue'
	@$(FONDACO) sample --listings $(DEMO_LISTINGS) --out $@ --force

$(SNAPSHOT)/CURRENT: demo/catalogue.jsonl | $(READY)
	$(SAY) 'Building a snapshot with the multilingual encoder (one or two minutes, longer the first time: the weights are converted)'
	@$(FONDACO) index $< --out $(SNAPSHOT)

test: $(READY) ## run every test except the slow ones
	$(BIN)/pytest -q -m "not slow"

slow: $(READY) ## run the tests that take minutes
	$(BIN)/pytest -q -m slow

check: $(READY) ## check format, lint, types, import direction, documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/house/test_docs.py tests/house/test_deployment.py

golden: $(READY) ## write the golden rankings again, after a change of ranking; review their diff
	$(BIN)/python tests/golden_rankings.py

bench: $(READY) $(SNAPSHOT)/CURRENT ## measure a search and a build on this machine
	$(BIN)/python benchmarks/latency.py --snapshot $(SNAPSHOT)
	$(BIN)/python benchmarks/build.py --listings 20000 --encoder hashing

clean: ## remove the demo, caches and build files (not the environment)
	rm -rf demo build dist .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +
