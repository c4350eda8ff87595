# C sources of the BTF tests: test/btf/fixtures/<name>.bpf.c -> dist/test/btf/fixtures/<name>.bpf.o, and the same for a
# big-endian machine: <name>.bpfeb.o. They include nothing, so that they need no vmlinux.h.

CLANG ?= clang

BTF_FIXTURE_SOURCES := $(wildcard test/btf/fixtures/*.bpf.c)
BTF_FIXTURES := $(BTF_FIXTURE_SOURCES:%.bpf.c=dist/%.bpf.o) $(BTF_FIXTURE_SOURCES:%.bpf.c=dist/%.bpfeb.o)
BTF_FIXTURE_CFLAGS := -g -O2 -Wall -Wextra -Werror -fms-extensions -Wno-microsoft-anon-tag

.PHONY: btf-fixtures
btf-fixtures: $(BTF_FIXTURES)

# Compiled to a temporary place and moved, so that an interrupted build leaves no partial object.
define compile-btf-fixture
@printf '  %-8s%s\n' BPF $@
@mkdir -p $(@D)
$(Q)$(CLANG) $(BTF_FIXTURE_CFLAGS) -target $(1) -c $< -o $@.tmp
@mv $@.tmp $@
endef

dist/test/btf/fixtures/%.bpf.o: test/btf/fixtures/%.bpf.c scripts/btf-fixtures.mk | setup
	$(call compile-btf-fixture,bpf)

dist/test/btf/fixtures/%.bpfeb.o: test/btf/fixtures/%.bpf.c scripts/btf-fixtures.mk | setup
	$(call compile-btf-fixture,bpfeb)
