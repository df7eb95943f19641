# Everything one does with a checkout. `make` alone lists it.
# Node comes from the npm package `node` that `make setup` installs, not from the machine.
export PATH := $(CURDIR)/node_modules/node/bin:$(CURDIR)/node_modules/.bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup run check static test test-programs bench generate format clean

help: ## Lists these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## Installs what is needed; does nothing the second time
	@tooling/setup.sh

run: setup ## Starts git-ingress on this machine, with examples/standalone/, and prints commands to try
	@exec tooling/run.sh

check: static ## Format, lint, types, generated files and unit tests; under a minute
	@node tooling/run-tests.ts unit

static: setup
	@biome check --error-on-warnings .
	@tsc
	@node tooling/generate.ts --check

test: test-programs static ## All of `check`, and the tests with real ssh, git and Kubernetes, attacks included
	@node tooling/run-tests.ts unit end-to-end kubernetes

test-programs:
	@tooling/need-programs.sh git:git ssh:openssh-client sshd:openssh-server dbclient:dropbear-bin ps:procps jq:jq \
	  setpriv:util-linux
	@tooling/need-kubernetes.sh >/dev/null
	@tooling/need-helm.sh >/dev/null

bench: setup ## Measures into docs/performance.md, sshd beside us; ROUNDS=9, ONLY=ls-remote,clone, KEYS=5000
	@tooling/need-programs.sh git:git ssh:openssh-client sshd:openssh-server ip:iproute2 setpriv:util-linux
	@tooling/need-kubernetes.sh >/dev/null
	@tooling/need-helm.sh >/dev/null
	@node bench/main.ts

generate: setup ## Writes the generated files anew
	@node tooling/generate.ts

format: setup ## Formats, and repairs what the linter can
	@biome check --write .

clean: ## Removes what setup and builds made; data/ stays
	rm -rf node_modules build
