PYTHON ?= python3
STACK ?= dev
FAST ?=
HOST ?=
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up preview refresh destroy env test check servers wheel clean bench demo demo-bind demo-hostinger

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "STACK=dev selects the stack; any other asks before it acts. ARGS='…' goes to pulumi, pytest or the benchmark."
	@echo "FAST=1 writes the state once, at the end of a command (docs/performance.md has the risk)."

up:  ## set up what is missing, then set the records of the stack; shows what changed in zone files
preview:  ## show what `make up` would do
refresh:  ## take what the zones really hold into the state
destroy:  ## take the stack's records out
env:  ## print the exports for plain pulumi commands: eval "$(make -s env)"
test:  ## everything that CI runs: the checks, then the tests
check:  ## linter, formatter and types
servers:  ## install the DNS programs that some tests need (Debian, as root)
wheel:  ## build the package into dist/
bench:  ## many records, beside nsupdate, octoDNS and Terraform: benchmarks/README.md
demo:  ## try a host's backend without an account, on a simulated one: make demo HOST=hetzner
demo-hostinger:  ## the same as make demo HOST=hostinger
demo-bind:  ## start BIND on loopback, set the records of the stack staging there, take them back
clean:  ## remove what can be made again; state and zone files stay

up preview refresh destroy env test check servers wheel clean bench demo demo-bind demo-hostinger:
	@"$(PYTHON)" -m tools $@ --stack "$(STACK)" $(if $(HOST),--host "$(HOST)") $(if $(FAST),--fast) -- $(ARGS)
