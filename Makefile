# Everything this repository can be asked to do. `make` alone prints the list.

SHELL     := /bin/sh
GO        ?= go
JOBS      ?= 2
FUZZTIME  ?= 5s
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
STAMP     := -X github.com/microtop/microtop/internal/cli.version=$(VERSION)
TOOL      := $(GO) tool -modfile=internal/tools/go.mod
# Modules of their own below internal/: peers and servers that users of the framework must not inherit.
NESTED    := $(shell find internal -name go.mod -not -path 'internal/tools/*' -exec dirname {} \; | sort)
# Prints how long a target took, whatever its end; the exit status stays that of the work.
TIMED      = start=$$(date +%s); trap 'echo "make $@: took $$(( $$(date +%s) - start )) s"' EXIT

.DEFAULT_GOAL := help
.PHONY: help build run demo test vet race lint fuzz bench bench-go requirements screenshots check nightly weekly

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## bin/microtop, stamped with its version
	$(GO) build -trimpath -ldflags "$(STAMP)" -o bin/microtop .

run: build ## the console on whatever this machine can see
	@bin/microtop

demo: build ## ten demo services and the console on them
	@bin/microtop demo

test: ## unit tests, suites, end to end, and real peers (internal/interop); gofmt and vet first
	@$(TIMED); $(MAKE) --no-print-directory vet && $(GO) test -p $(JOBS) ./... && \
	for module in $(NESTED); do echo "-- $$module" && (cd $$module && $(GO) test -p $(JOBS) ./...) || exit 1; done

vet: ## gofmt and go vet
	@bad=$$(gofmt -l .) && if [ -n "$$bad" ]; then echo "gofmt -w these:" $$bad; exit 1; fi
	@$(GO) vet ./...

race: ## the short tests under the race detector
	@$(TIMED); $(GO) test -race -short -p $(JOBS) ./...

lint: ## golangci-lint with .golangci.yml; its first build takes minutes
	@$(TIMED); $(TOOL) golangci-lint run --concurrency $(JOBS)

fuzz: ## every fuzz target, FUZZTIME (5s) each
	@mkdir -p .tmp && $(GO) test -list '^Fuzz' ./... > .tmp/fuzz.list
	@awk '/^Fuzz/ {name[++n] = $$1} /^ok/ {for (i = 1; i <= n; i++) print $$2, name[i]; n = 0}' .tmp/fuzz.list | \
	while read -r package target; do \
		echo "-- $$target ($$package)"; \
		$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s -parallel $(JOBS) "$$package" </dev/null || exit 1; \
	done

bench: ## this framework beside grpc-go, net/http and go-micro v4: which goals are met (BENCH=-long: thorough); reports/bench.json
	@mkdir -p reports && cd internal/bench && $(GO) run ./run -json ../../reports/bench.json $(BENCH)

bench-go: ## every Go benchmark, into reports/bench.txt
	@mkdir -p reports && $(GO) test -run '^$$' -bench . -benchmem -p 1 ./... > reports/bench.txt; status=$$?; cat reports/bench.txt; exit $$status

requirements: ## which rows of the requirements have a passing test
	@$(GO) run ./internal/requirements

screenshots: build ## screenshots/*.svg, drawn from the real program
	$(GO) run ./internal/termshot/shoot -script screenshots/scenes.txt -out screenshots

check: test race lint fuzz ## what a change must pass: test, race, lint and a short fuzz

nightly: ## check with long fuzzing, and every test in its long form (NIGHTLY=1) under the race detector
	@$(MAKE) --no-print-directory check FUZZTIME=20s
	NIGHTLY=1 $(GO) test -race -p $(JOBS) -timeout 60m ./...

weekly: ## nightly with ten minutes a fuzz target, and the race detector ten times over
	@$(MAKE) --no-print-directory nightly
	@$(MAKE) --no-print-directory fuzz FUZZTIME=10m
	$(GO) test -race -short -count=10 -cpu 1,2,4 -p $(JOBS) -timeout 120m ./framework/... ./tui/...
