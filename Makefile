# The commands of the repository. `make` lists them; each sets up what it needs first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# cargo install puts its programs here, and a fresh shell may not look there yet.
CARGO_HOME ?= $(HOME)/.cargo
export PATH := $(PATH):$(CARGO_HOME)/bin

CARGO ?= cargo
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

# How long the long tests run; the ordinary tests run a few rounds of each.
CRASH_ROUNDS ?= 500
FUZZ_SECONDS ?= 60

.PHONY: help setup demo test bench fmt lint crash fuzz

help: ## List the commands
	@printf 'Seawall. Commands:\n\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1: \2/p' $(firstword $(MAKEFILE_LIST))
	@printf '\nBegin with: make demo\n'

setup: ## Install what is missing to build and test (quick when all is there)
	@scripts/setup.sh

demo: ## Build the release and show Seawall at work on invented events
	@scripts/setup.sh build
	$(CARGO) build --release --locked --package seawall-server
	$(TARGET_DIR)/release/seawall demo

test: setup ## Run every check and test, as continuous integration does
	$(CARGO) xtask ci

bench: ## Measure speed, and what naive baselines find in the simulator
	@scripts/setup.sh bench
	$(CARGO) xtask bench

fmt: ## Format the code
	$(CARGO) fmt --all

lint: ## Check format, lints and house rules, without the tests
	$(CARGO) xtask lint

crash: setup ## Kill and power-cut the real program for long (CRASH_ROUNDS=500)
	SEAWALL_CRASH_ROUNDS=$(CRASH_ROUNDS) $(CARGO) nextest run --locked --package seawall-server \
		--filterset 'kind(test)' --no-fail-fast

fuzz: ## Fuzz every target in turn (FUZZ_SECONDS=60 each)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz.sh
