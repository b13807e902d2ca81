# The one door: everything a person or CI does starts here. Each target installs what it needs
# and says so; the work itself is in cargo, npm and scripts/.

.DEFAULT_GOAL := help
.PHONY: help run test lint unit replay e2e screens quality bench bench-peers capacity counters fuzz tools build-tools browsers postgresql web

TARGET := $(or $(CARGO_TARGET_DIR),target)
# Seconds per target of `make fuzz`.
FUZZ_SECONDS ?= 60
# Arguments of `homeroom-bench` for `make bench`.
BENCH ?= all
# What the names of `make quality`'s shapes must contain; all do by default.
QUALITY ?=
# Arguments of `homeroom-bench peers` for `make bench-peers`.
PEERS ?=
# Scenario and flags of `homeroom-loadtest capacity` for `make capacity`.
CAPACITY ?= lecture
# Scenario and flags of `homeroom-loadtest run` for `make counters`.
COUNTERS ?= lecture --students 100
# Arguments of `homeroom serve` for `make run`.
ARGS ?=

WEB_SOURCES := $(shell find web-client/src web-client/public -type f 2>/dev/null) \
	$(wildcard web-client/*.html web-client/*.ts web-client/scripts/*)

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build-tools web ## Build and start a server: open the address it prints
	cargo build --release --locked -p homeroom
	@exec $(TARGET)/release/homeroom serve $(ARGS)

test: build-tools browsers postgresql ## Everything that must pass: lint, unit, replay and e2e, quiet when it does
	@scripts/test.sh

lint: build-tools web-client/node_modules/.stamp ## Formatting, clippy, and the web client's check
	cargo fmt --check
	cd web-client && npm run --silent check
	cargo clippy --locked --workspace --all-targets -- -D warnings

unit: build-tools postgresql network web ## Rust tests, without browsers
	cargo test --locked --workspace

replay: build-tools ## Run every kept fuzz input once
	cargo test --locked --manifest-path crates/fuzz/Cargo.toml --target-dir $(TARGET)/fuzz

e2e: build-tools browsers web ## Lessons in real browsers against the real server
	cargo build --locked -p homeroom -p homeroom-netsim
	cd web-client && HOMEROOM=$(abspath $(TARGET))/debug/homeroom \
		HOMEROOM_NETSIM=$(abspath $(TARGET))/debug/homeroom-netsim \
		node --test --test-concurrency=1 --test-reporter=spec e2e/*.test.mjs

screens: build-tools browsers web ## Screenshots of every page into target/screens, to look at
	cargo build --locked -p homeroom
	cd web-client && HOMEROOM=$(abspath $(TARGET))/debug/homeroom node e2e/screens.mjs ../target/screens
	cd web-client && HOMEROOM=$(abspath $(TARGET))/debug/homeroom node e2e/school-screens.mjs ../target/screens

quality: build-tools browsers web ## Real browsers on bad links, beside the limits; QUALITY=loss for some
	cargo build --release --locked -p homeroom -p homeroom-netsim
	@cd web-client && HOMEROOM=$(abspath $(TARGET))/release/homeroom \
		HOMEROOM_NETSIM=$(abspath $(TARGET))/release/homeroom-netsim \
		node quality/run.mjs $(QUALITY)

bench: build-tools ## What a lesson costs, beside its floor; BENCH="row 1 --quick" for less
	cargo build --release --locked -p homeroom -p homeroom-bench
	@$(TARGET)/release/homeroom-bench $(BENCH)

capacity: build-tools ## How many students this machine holds; CAPACITY="seminar --most 120"
	cargo build --release --locked -p homeroom -p homeroom-loadtest
	@$(TARGET)/release/homeroom-loadtest capacity $(CAPACITY) --out $(TARGET)/capacity.json

counters: build-tools network ## Whether the load test's figures are the kernel's own
	cargo build --release --locked -p homeroom -p homeroom-loadtest
	@scripts/in-own-network.sh $(TARGET)/release/homeroom-loadtest run $(COUNTERS) --full 0 \
		--out $(TARGET)/counters.json

bench-peers: build-tools ## The same load on Janus, beside ours
	@scripts/ensure-packages.sh --optional janus:janus ip:iproute2
	cargo build --release --locked -p homeroom -p homeroom-bench
	@scripts/in-own-network.sh $(TARGET)/release/homeroom-bench peers $(PEERS)

fuzz: build-tools ## Fuzz each target for FUZZ_SECONDS (60)
	crates/fuzz/run all $(FUZZ_SECONDS)

tools:
	@scripts/ensure-toolchain.sh

build-tools: tools
	@scripts/ensure-packages.sh c++:build-essential cmake:cmake

browsers:
	@scripts/ensure-packages.sh chromium:chromium -:fonts-dejavu-core
	@scripts/ensure-packages.sh --optional firefox-esr:firefox-esr

# Some tests need a network that has nothing else in it.
network:
	@scripts/ensure-packages.sh --optional unshare:util-linux ip:iproute2

# Tests start one of their own; the service that the package may start is not used.
postgresql:
	@scripts/ensure-packages.sh -:postgresql

web: tools web-client/dist/index.html

web-client/dist/index.html: web-client/node_modules/.stamp $(WEB_SOURCES)
	cd web-client && npm run --silent build
	@touch $@

web-client/node_modules/.stamp: web-client/package.json web-client/package-lock.json | tools
	cd web-client && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
