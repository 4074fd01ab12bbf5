# Every command works from a bare clone with Python 3.11+, pip and make; the first one sets up $(VENV), the others reuse it.
# Overridable: make serve PORT=9000, make test PYTEST='tests/api -x', make demo PYTHON=python3.12, make lock UPGRADE=--upgrade

VENV := .venv
HOST := 127.0.0.1
PORT := 8000
GATEWAY_PORT := 8001
JOBS := 3
PYTEST :=
UPGRADE :=
OPENAPI := openapi
# a folder of the tests own, where they find what npm installs; a set variable of the environment wins
RECTIFIER_NODE_MODULES ?= $(abspath $(VENV))/node/node_modules
export RECTIFIER_NODE_MODULES

suitable = import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c '$(suitable)' >/dev/null 2>&1 && echo "$$p" && break; done)

bin := $(VENV)/bin
node := $(if $(shell command -v npm),$(RECTIFIER_NODE_MODULES)/.installed)
python := $(bin)/python
uv := $(bin)/uv --quiet pip

# uv is quick; pip also knows the mirrors and proxies of this machine's own configuration
install = $(uv) install --python $(python) --compile-bytecode --require-hashes -r $(1) \
	|| $(python) -m pip install --quiet --require-hashes -r $(1)
compile = $(uv) compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help demo serve gateway test check cover bench openapi lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | expand -t 10

demo: $(VENV)/.service  ## start the service, post the bundled example, print the calibrated effect, stop
	@$(bin)/rectifier demo

serve: $(VENV)/.service  ## the calibration service on HOST:PORT
	@exec $(bin)/rectifier serve --host $(HOST) --port $(PORT)

gateway: $(VENV)/.gateway  ## the gateway on HOST:GATEWAY_PORT
	@exec $(bin)/rectifier gateway --host $(HOST) --port $(GATEWAY_PORT)

test: $(VENV)/.dev $(node)  ## the tests, without the long simulations
	@$(python) -m pytest -n $(JOBS) --dist worksteal -m 'not slow and not transformers' $(PYTEST)

check: $(VENV)/.dev  ## lint, format, types, import contracts
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(python) -m mypy
	@$(bin)/lint-imports --no-cache

cover: $(VENV)/.dev  ## judge the last measured run (make test PYTEST='--cov --cov-report='): core 100 %, the rest 95 %
	@$(python) -m coverage report --include='service/calibration/*' --fail-under=100; core=$$?; \
		$(python) -m coverage report --omit='service/calibration/*' --fail-under=95 && exit $$core

bench: $(VENV)/.dev  ## ratios against peers and floors
	@$(python) -m benchmarks

openapi: $(VENV)/.gateway  ## write the OpenAPI files
	@$(bin)/rectifier openapi calibration > $(OPENAPI)/calibration.json
	@$(bin)/rectifier openapi gateway > $(OPENAPI)/gateway.json

lock: $(VENV)/.installer  ## resolve pyproject.toml into hashed locks; all agree on every version
	$(compile) pyproject.toml --all-extras --group dev -o locks/dev.txt
	$(compile) pyproject.toml --extra jwt --extra reports -c locks/dev.txt -o locks/calibration.txt
	$(compile) --group pyproject.toml:installer -c locks/dev.txt -o locks/installer.txt
	$(compile) --group pyproject.toml:inventory -c locks/dev.txt -o locks/inventory.txt
	$(compile) --group pyproject.toml:scan -o locks/scan.txt
	$(python) -c 'import tomllib; \
		extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]; \
		print(*extras["gateway"], *extras["redis"], *extras["jwt"], sep="\n")' \
		| $(compile) - -c locks/dev.txt -o locks/gateway.txt

clean:  ## remove the virtual environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov dist
	find service tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up, redone only when a lock or pyproject.toml is newer than its stamp
$(VENV)/.installer: locks/installer.txt
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer (with venv and pip) was not found; name one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@$(python) -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/installer.txt
	@touch $@

$(VENV)/.service: $(VENV)/.installer locks/calibration.txt pyproject.toml
	@$(call install,locks/calibration.txt)
	@$(uv) install --python $(python) --no-deps --no-build-isolation --offline -e . \
		|| $(python) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.gateway: $(VENV)/.service locks/gateway.txt
	@$(call install,locks/gateway.txt)
	@touch $@

$(VENV)/.dev: $(VENV)/.service locks/dev.txt
	@$(call install,locks/dev.txt)
	@touch $@

# Fake providers for the tests, by name and version alone: npm knows from where
$(RECTIFIER_NODE_MODULES)/.installed: tests/acceptance/node/package.json
	@mkdir -p $(@D) && cp $< $(@D)/..
	@npm install --prefix $(@D)/.. --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@
