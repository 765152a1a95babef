# `make train` and `make test` do everything a fresh Debian 12 machine with Swift needs.
export PATH := $(PATH):/opt/swift/usr/bin
PPOCODER := .build/release/ppocoder
ARGS ?=

.PHONY: train test build format lint bench setup

# The default run: warm start, then PPO on the built-in problems. More flags: make train ARGS="--set run.seed=2"
train: build
	$(PPOCODER) train $(ARGS)

test:
	@./setup --test
	swift format lint --strict --recursive Package.swift Sources Tests
	swift build -c release --build-tests
	# One test at a time: many start real processes and measure time on what may be two busy cores.
	swift test -c release --skip-build --no-parallel

build: setup
	swift build -c release

format:
	swift format --in-place --recursive Package.swift Sources Tests

bench: build
	$(PPOCODER) bench judge
	$(PPOCODER) bench generate
	$(PPOCODER) bench update

setup:
	@./setup
