# The kernel's side: vmlinux.h, and bpf/<tool>.bpf.c -> dist/bpf/<arch>/<tool>.bpf.o.

# Looked up on first use, not when make starts: setup may be about to install them.
CLANG ?= $(shell scripts/tool.sh clang)
LLVM_STRIP ?= $(shell scripts/tool.sh llvm-strip)
READELF ?= readelf

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.c=dist/bpf/$(NODE_ARCH)/%.o)
BPF_FIXTURES := $(patsubst test/%.c,dist/test/%.o,$(wildcard test/bpf/fixtures/*.bpf.c test/events/fixtures/*.bpf.c))
# Objects without a source would still be packed and found, for any architecture.
BPF_STALE := $(filter-out $(BPF_FIXTURES) $(foreach arch,$(notdir $(wildcard dist/bpf/*)),$(BPF_SOURCES:bpf/%.c=dist/bpf/$(arch)/%.o)),\
	$(wildcard dist/bpf/*/*.bpf.o dist/test/bpf/fixtures/*.bpf.o dist/test/events/fixtures/*.bpf.o))

# A feature has its headers in its own folder; no two have one of the same name.
FEATURE_FOLDERS := $(sort $(dir $(wildcard src/trace/features/*/*.h)))

# vmlinux.h is a system header: a clang's warnings about a kernel's types are not ours to fix. Expanded on use:
# scripts/arm64.mk has another ARCH_DIR. The triplet's folder holds asm/errno.h, for bpf/usdt.bpf.h: clang does not find it
# for the target bpf.
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH_DIR) -Wall -Wextra -Werror \
	-fms-extensions -Wno-microsoft-anon-tag -isystem vmlinux/$(ARCH_DIR) -Ibpf/include $(FEATURE_FOLDERS:%/=-I%) \
	-idirafter /usr/include/$(MACHINE)-linux-gnu

.PHONY: vmlinux bpf bpf-fixtures
vmlinux: $(VMLINUX_H) ## make vmlinux.h of the kernel's BTF, or of BTF=FILE
$(BPF_OBJECTS): | bpf/include/feature-filters.h
bpf: $(BPF_OBJECTS) ## compile the BPF programs
bpf-fixtures: $(BPF_FIXTURES)
bpf bpf-fixtures:
	$(if $(BPF_STALE),$(Q)rm -f $(BPF_STALE),@:)

# Generated once, and again when its generator changes or BTF=FILE is newer. A new kernel does not cause that: objects
# are relocated on load (CO-RE), so the types of any kernel that has them will do. To follow a new kernel: make clean.
$(VMLINUX_H): $(wildcard src/bpf/vmlinux.ts src/commands/vmlinux.ts) $(BTF) | $(TS_STAMP) native
	@scripts/check-btf.sh
	@printf '  %-8s%s\n' VMLINUX $@
	@mkdir -p $(@D) build/bpf
	$(Q)node bin/snoopkit.cjs vmlinux $(if $(BTF),--btf $(BTF)) -o build/bpf/vmlinux.h
	@mv build/bpf/vmlinux.h $@

# Compiled to a temporary place and moved, so that an interrupted build leaves no partial object. Stripped of DWARF; a
# program without .BTF (types) and .BTF.ext (relocations) would load only on this kernel.
define compile-bpf
@printf '  %-8s%s\n' BPF $@
@mkdir -p $(@D) $(dir build/bpf/$@)
$(Q)$(CLANG) $(BPF_CFLAGS) -MD -MP -MT $@ -MF build/bpf/$@.d.tmp -c $< -o build/bpf/$@
$(Q)$(LLVM_STRIP) -g build/bpf/$@
@for section in .BTF .BTF.ext; do \
	$(READELF) -SW build/bpf/$@ | grep -F " $$section " >/dev/null || \
		{ echo "snoopkit: $@: no $$section section after $(LLVM_STRIP)" >&2; exit 1; }; \
done
@mv build/bpf/$@.d.tmp build/bpf/$@.d
@mv build/bpf/$@ $@
endef

dist/bpf/$(NODE_ARCH)/%.bpf.o: bpf/%.bpf.c $(VMLINUX_H) scripts/bpf.mk | setup
	$(compile-bpf)

dist/test/bpf/fixtures/%.bpf.o: test/bpf/fixtures/%.bpf.c $(VMLINUX_H) scripts/bpf.mk | setup
	$(compile-bpf)

dist/test/events/fixtures/%.bpf.o: test/events/fixtures/%.bpf.c $(VMLINUX_H) scripts/bpf.mk | setup
	$(compile-bpf)

-include $(patsubst %,build/bpf/%.d,$(BPF_OBJECTS) $(BPF_FIXTURES))
