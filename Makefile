# `make help` lists the targets. Variables: V=1 shows the commands, BTF=FILE reads the kernel's types from a file,
# ARGS='execsnoop -x' gives `make run` another command, CLANG=, LLVM_STRIP=, CXX= name the compilers,
# KERNELS='5.10 6.12-arm64' the kernels of `make test-kernels`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := build
Q := $(if $(V),,@)

MACHINE := $(shell uname -m)
NODE_ARCH := $(or $(patsubst x86_64,x64,$(filter x86_64,$(MACHINE))),$(patsubst aarch64,arm64,$(filter aarch64,$(MACHINE))),$(MACHINE))
ARCH_DIR := $(patsubst x64,x86,$(NODE_ARCH))
VMLINUX_H := vmlinux/$(ARCH_DIR)/vmlinux.h
NPM_STAMP := node_modules/.package-lock.json
TS_STAMP := build/ts.stamp
BUNDLE := dist/cli/LICENSES.txt

.PHONY: help setup ts bundle build run test api test-nodes fuzz rounds lint format manifest man generate check-generated pack clean FORCE
help: ## this list
	@awk -F ':[^#]*## ' '/^[a-z0-9-]+:.*## /{ printf "  make %-16s %s\n", $$1, $$2 }' Makefile scripts/*.mk

# Requirements of this run's goals, so that apt is asked once. Every user of them has setup as an order-only
# prerequisite: setup always checks, and makes nothing out of date.
GOALS := $(or $(MAKECMDGOALS),$(.DEFAULT_GOAL))
ARM64_KERNELS := $(if $(filter test-kernels,$(GOALS)),$(findstring arm64,$(KERNELS)))
SETUP_NEEDS := $(if $(filter-out lint format,$(GOALS)),build) \
	$(if $(filter test test-nodes test-kernels,$(GOALS)),test) $(if $(filter test-kernels,$(GOALS)),kernels) \
	$(if $(filter sanitize,$(GOALS)),sanitize $(if $(KERNELS),kernels)) $(if $(filter valgrind,$(GOALS)),valgrind) \
	$(if $(filter arm64,$(GOALS))$(ARM64_KERNELS),arm64) $(if $(ARM64_KERNELS),kernels-arm64) \
	$(if $(filter lint format,$(GOALS)),lint)

setup: ## install what is missing to build (Debian packages)
	@VMLINUX_H=$(VMLINUX_H) BTF='$(BTF)' scripts/setup.sh $(SETUP_NEEDS)

$(NPM_STAMP): package-lock.json | setup
	@scripts/npm.sh

# TypeScript. Output of a deleted test or tool must not stay in dist, nor may tsc's build info outlive its output.
TS_SOURCES := $(shell find src tools test scripts bench -name '*.ts' ! -name '*.d.ts')
TS_BUILT := $(shell find dist/src dist/tools dist/test dist/scripts dist/bench -name '*.js' 2>/dev/null)
TS_STALE := $(filter-out $(TS_SOURCES:%.ts=dist/%.js) dist/src/otlp/packed.js,$(TS_BUILT))
TS_MISSING := $(filter-out $(TS_BUILT),$(TS_SOURCES:%.ts=dist/%.js))

# The lists of features follow their folders: each build compares them, and writes those that changed. check-generated
# reports them instead.
FEATURE_LISTS := src/trace/features/list.ts src/trace/features/all-steps.ts bpf/include/feature-filters.h
.PHONY: features
features: $(FEATURE_LISTS) ## write the lists of features, from the folders in src/trace/features
ifeq ($(filter check-generated,$(GOALS)),)
$(FEATURE_LISTS) &: FORCE
	@scripts/features.sh
endif
.PRECIOUS: $(FEATURE_LISTS)

# A tool does not compile before its types are generated. Their generator is compiled regardless of errors.
FOR_TYPES := $(filter types generate,$(GOALS))

ts: $(TS_STAMP) ## compile the TypeScript
$(TS_STAMP): $(sort $(TS_SOURCES) $(filter %.ts,$(FEATURE_LISTS))) tsconfig.json $(NPM_STAMP) $(if $(TS_STALE)$(TS_MISSING),FORCE)
	@printf '  %-8s%s\n' TSC dist
	@rm -f $(foreach file,$(TS_STALE),$(file) $(file).map $(file:.js=.d.ts)) $(if $(TS_MISSING),build/tsconfig.tsbuildinfo)
	$(Q)node_modules/.bin/tsc $(if $(FOR_TYPES),>/dev/null) && touch $@ $(if $(FOR_TYPES),|| true)

bundle: $(BUNDLE) ## bundle the command line with the packages that it uses
$(BUNDLE): $(TS_STAMP)
	@printf '  %-8s%s\n' BUNDLE $(@D)
	$(Q)node dist/scripts/bundle.js

include scripts/bpf.mk
include scripts/native.mk
include scripts/btf-fixtures.mk
include scripts/test-programs.mk
include scripts/bench.mk
include scripts/arm64.mk
include scripts/kernels.mk
include scripts/sanitize.mk
$(NATIVE_OBJECTS) $(NATIVE_PROGRAMS) $(NATIVE_FIXTURES): | setup $(NPM_STAMP)

build: ts bundle native bpf ## everything that snoopkit needs to run (the default)

run: build ## build, then trace a short workload with opensnoop
	@scripts/demo.sh $(ARGS)

test: build bpf-fixtures btf-fixtures native-fixtures test-programs bench-programs ## build, then run all tests (as root where possible)
	@scripts/test.sh

api: $(NPM_STAMP) ## write the API reference of the library to build/api (fetches typedoc)
	@scripts/api.sh

NODES ?= 22 24
test-nodes: build bpf-fixtures btf-fixtures native-fixtures test-programs bench-programs ## run all tests on other versions of Node: NODES='22 24'
	@NODE_ARCH=$(NODE_ARCH) scripts/test-nodes.sh $(NODES)

SECONDS ?= 60
SEED ?= 1
KIND ?= objects
fuzz: build bpf-fixtures btf-fixtures native-fixtures ## try damaged and strange input: KIND=objects|btf|records|values|arguments|all SECONDS=60 SEED=1 CORPUS=DIR (as root, to load)
	$(Q)node dist/test/fuzz/main.js --kind $(KIND) --seconds $(SECONDS) --seed $(SEED) \
		$(if $(FIRST),--first $(FIRST)) $(if $(COUNT),--count $(COUNT)) $(if $(CORPUS),--corpus $(CORPUS))

rounds: build bpf-fixtures native-fixtures ## open, load, attach and close an object again and again, and look for growth: ROUNDS=10000 (as root)
	@. scripts/lib.sh; is_root || has_sudo || fail 'loading needs root, and there is no sudo to ask: make rounds as root'; \
		as_root env -u NODE_EXTRA_CA_CERTS SNOOPKIT_ROUNDS=$(or $(ROUNDS),10000) "$$(command -v node)" node_modules/mocha/bin/mocha.js \
			--no-config --require dist/test/hooks.js --reporter dist/test/reporter.js dist/test/bpf/rounds.test.js

# Names with ** are beyond make's wildcard.
C_SOURCES := $(wildcard src/native/*.cc src/native/*.h src/native/*.c) $(shell find bpf src/trace bench examples -name '*.[ch]')
# Versions format differently. This one is in Debian 12 and 13.
CLANG_FORMAT ?= clang-format-19

lint: $(NPM_STAMP) ## check formatting, style and layers
	$(Q)node_modules/.bin/biome check --error-on-warnings
	$(if $(C_SOURCES),$(Q)$(CLANG_FORMAT) --dry-run --Werror $(C_SOURCES))

format: $(NPM_STAMP) ## format everything, with the fixes that are safe
	$(Q)node_modules/.bin/biome check --write
	$(if $(C_SOURCES),$(Q)$(CLANG_FORMAT) -i $(C_SOURCES))

generate: types ## write what is generated and committed
	@$(MAKE) --no-print-directory options
	@$(MAKE) --no-print-directory manifest man
types: bpf ## write the types of the BPF objects, which a new tool needs to compile
	$(Q)node dist/scripts/types.js
options: build
	$(Q)node dist/scripts/tool-options.js
manifest: build
	$(Q)node dist/scripts/manifest.js
man: manifest
	$(Q)node dist/scripts/man.js

check-generated: build ## check that the generated files are up to date
	@scripts/features.sh --check
	$(Q)node dist/scripts/types.js --check
	$(Q)node dist/scripts/tool-options.js --check
	$(Q)node dist/scripts/manifest.js --check
	$(Q)node dist/scripts/man.js --check

# The package includes builds for another architecture, so they must be up to date, too.
pack: generate $(if $(wildcard dist/native/linux-arm64.node),arm64) ## make the npm package in build/pack, and try it
	@scripts/pack.sh

clean: ## remove what was built (node_modules stays)
	rm -rf build dist vmlinux/*/
