# crosscloud: every command of the project. `make help` lists them.
STACK ?= local
export STACK
# Compiled files make Python start several times faster.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
bin := .venv/bin

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nSTACK=%s names the stack (Pulumi.<stack>.yaml); the default is local.\n' '$(STACK)'

.PHONY: setup
setup: ## Install what is missing: system packages, the virtual environment, pulumi, helm, crane
	@toolchain/setup.sh

.PHONY: up
up: setup ## Build the release, bring the stack up, check it
	@$(bin)/crosscloud up

.PHONY: down
down: ## Take the stack away; only caches stay
	@[ -x $(bin)/crosscloud ] || toolchain/setup.sh
	@$(bin)/crosscloud down

.PHONY: rehearse
rehearse: setup ## Run a cloud's stack with its API simulated and its machines real (STACK=aws, FAULT=…, KEEP=1)
	@$(bin)/crosscloud rehearse $(if $(FAULT),--fault $(FAULT)) $(if $(KEEP),--keep)

.PHONY: rehearse-all
rehearse-all: setup ## Rehearse all five clouds, one after the other
	@$(bin)/pytest -q -m rehearsal

.PHONY: pipeline
pipeline: setup ## Run the release pipeline on this machine, from a push to the page (FAULT=no-boot|chart|image CELL=aws-head)
	@toolchain/setup.sh --tests
	@$(bin)/crosscloud artifacts build
	@$(bin)/python -m tests.pipeline $(if $(FAULT),--fault $(FAULT)) $(if $(CELL),--cell $(CELL)) $(if $(CHANNELS),--channels "$(CHANNELS)")

.PHONY: shell
shell: setup ## A shell with pulumi, kubectl and helm set up for the stack
	@$(bin)/crosscloud shell

.PHONY: preview
preview: setup ## Show what `make up` would change
	@$(bin)/crosscloud preview

.PHONY: e2e
e2e: ## Check the running cluster of the stack again
	@$(bin)/crosscloud check

.PHONY: doctor
doctor: setup ## Show what this machine has and lacks
	@$(bin)/crosscloud doctor

.PHONY: lint
lint: setup ## Check the code: ruff and mypy
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy crosscloud components policy tests __main__.py

.PHONY: test
test: lint ## Run every check and every test, on a real cluster too
	@toolchain/test.sh

.PHONY: test-upstream-charts
test-upstream-charts: setup ## Render the upstream charts with our values; needs their repositories
	@$(bin)/pytest tests/crosscloud/helm_values/upstream_charts.py

.PHONY: bench
bench: setup ## Measure: boots, previews, deployments; writes a table
	@$(bin)/python -m tests.bench
