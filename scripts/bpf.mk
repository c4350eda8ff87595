# The kernel's side: vmlinux.h, and bpf/<tool>.bpf.c -> dist/bpf/<arch>/<tool>.bpf.o.

# Found when first needed, not when make starts: setup may be about to install them.
CLANG ?= $(shell scripts/tool.sh clang)
LLVM_STRIP ?= $(shell scripts/tool.sh llvm-strip)
READELF ?= readelf

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:bpf/%.c=dist/bpf/$(NODE_ARCH)/%.o)
BPF_FIXTURES := $(patsubst test/%.c,dist/test/%.o,$(wildcard test/bpf/fixtures/*.bpf.c test/events/fixtures/*.bpf.c))
# Objects whose source is gone would still be packed and found, whatever architecture they are for.
BPF_STALE := $(filter-out $(BPF_FIXTURES) $(foreach arch,$(notdir $(wildcard dist/bpf/*)),$(BPF_SOURCES:bpf/%.c=dist/bpf/$(arch)/%.o)),\
	$(wildcard dist/bpf/*/*.bpf.o dist/test/bpf/fixtures/*.bpf.o dist/test/events/fixtures/*.bpf.o))

# vmlinux.h is a system header: what one kernel's types make one clang warn about is not for us to mend. Expanded where
# it is used: scripts/arm64.mk has another ARCH_DIR.
BPF_CFLAGS = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH_DIR) -Wall -Wextra -Werror \
	-fms-extensions -Wno-microsoft-anon-tag -isystem vmlinux/$(ARCH_DIR) -Ibpf/include

.PHONY: vmlinux bpf bpf-fixtures
vmlinux: $(VMLINUX_H) ## make vmlinux.h of the kernel's BTF, or of BTF=FILE
bpf: $(BPF_OBJECTS) ## compile the BPF programs
bpf-fixtures: $(BPF_FIXTURES)
bpf bpf-fixtures:
	$(if $(BPF_STALE),$(Q)rm -f $(BPF_STALE),@:)

# Made once, and again when what makes it changes or BTF=FILE is newer. Not when the kernel changes: objects are
# relocated where they are loaded (CO-RE), so any kernel's types will do if only it has them. To follow a new
# kernel: make clean.
$(VMLINUX_H): $(wildcard src/bpf/vmlinux.ts src/commands/vmlinux.ts) $(BTF) | $(TS_STAMP) native
	@scripts/check-btf.sh
	@printf '  %-8s%s\n' VMLINUX $@
	@mkdir -p $(@D) build/bpf
	$(Q)node bin/snoopkit.cjs vmlinux $(if $(BTF),--btf $(BTF)) -o build/bpf/vmlinux.h
	@mv build/bpf/vmlinux.h $@

# Compiled beside and moved into place, so that an interrupted build leaves no half an object. Stripped of DWARF; a
# program without .BTF (types) and .BTF.ext (relocations) would load nowhere else.
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
