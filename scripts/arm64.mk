# Builds for arm64 on a machine of another architecture, for the package and for the tests in a guest (test/kernels).
# The addon and its programs are built by Debian's cross compiler, with libraries of Debian's packages for arm64; the
# BPF objects with the types of Debian's kernel for arm64. Nothing of it is installed: see scripts/arm64.ts.

.PHONY: arm64
ifeq ($(NODE_ARCH),arm64)
arm64: build
else

ARM64_CC ?= aarch64-linux-gnu-gcc
ARM64_CXX ?= aarch64-linux-gnu-g++

ARM64 := build/arm64
ARM64_NEEDS := $(ARM64)/vmlinux.btf
ARM64_VMLINUX_H := vmlinux/arm64/vmlinux.h
ARM64_ADDON := dist/native/linux-arm64.node
ARM64_NATIVE_PROGRAMS := $(NATIVE_PROGRAMS:%-linux-$(NODE_ARCH)=%-linux-arm64)
ARM64_NATIVE := $(NATIVE_OBJECTS:build/native/%=$(ARM64)/native/%)
ARM64_BPF := $(BPF_SOURCES:bpf/%.c=dist/bpf/arm64/%.o)
ARM64_FIXTURES := $(BPF_FIXTURES:dist/%=$(ARM64)/%)
ARM64_PROGRAMS := $(TEST_PROGRAMS:dist/%=$(ARM64)/%)
ARM64_MODULE := $(NATIVE_MODULE:dist/%=$(ARM64)/%)

arm64: $(ARM64_ADDON) $(ARM64_NATIVE_PROGRAMS) $(ARM64_BPF) $(ARM64_FIXTURES) $(ARM64_PROGRAMS) $(ARM64_MODULE) ## build for arm64 what the package and its tests need

# The sysroot is beside it. Rebuilt when its generator changes.
$(ARM64_NEEDS): scripts/arm64.ts $(wildcard scripts/debian/*.ts) | $(TS_STAMP)
	@printf '  %-8s%s\n' DEBIAN $(@D)/sysroot $@
	$(Q)node dist/scripts/arm64.js $(@D)

$(ARM64_VMLINUX_H): $(ARM64_NEEDS) $(wildcard src/bpf/vmlinux.ts src/commands/vmlinux.ts) | $(TS_STAMP) native
	@printf '  %-8s%s\n' VMLINUX $@
	@mkdir -p $(@D)
	$(Q)node bin/snoopkit.cjs vmlinux --btf $< -o $(ARM64)/vmlinux.h
	@mv $(ARM64)/vmlinux.h $@

dist/bpf/arm64/%.bpf.o $(ARM64)/test/%.bpf.o: private ARCH_DIR := arm64

dist/bpf/arm64/%.bpf.o: bpf/%.bpf.c $(ARM64_VMLINUX_H) scripts/bpf.mk | setup
	$(compile-bpf)

$(ARM64)/test/%.bpf.o: test/%.bpf.c $(ARM64_VMLINUX_H) scripts/bpf.mk | setup
	$(compile-bpf)

$(ARM64_ADDON): $(ARM64_NATIVE)
	@printf '  %-8s%s\n' LD $@
	@mkdir -p $(@D)
	$(Q)$(ARM64_CXX) $(NATIVE_LDFLAGS) -L$(ARM64)/sysroot/usr/lib/aarch64-linux-gnu -o $(ARM64)/addon.tmp $^ -lbpf
	@mv $(ARM64)/addon.tmp $@

$(ARM64)/native/%.o: src/native/%.cc scripts/native.mk scripts/arm64.mk $(ARM64_NEEDS) | setup $(NPM_STAMP)
	@printf '  %-8s%s\n' CXX $@
	@mkdir -p $(@D)
	$(Q)$(ARM64_CXX) $(NATIVE_CXXFLAGS) -isystem $(ARM64)/sysroot/usr/include -MMD -MP -c -o $@ $<

$(ARM64_NATIVE_PROGRAMS): dist/native/%-linux-arm64: src/native/%.c scripts/arm64.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(ARM64_CC) -O2 -Wall -Wextra -Werror -o $@ $<

$(ARM64_MODULE): $(ARM64)/%.node: %.c scripts/native.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(ARM64_CC) $(NATIVE_MODULE_CFLAGS) -o $@ $<

$(ARM64)/test/fixtures/%: test/fixtures/%.c $(TEST_PROGRAM_HEADERS) scripts/test-programs.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(ARM64_CC) $(TEST_PROGRAM_CFLAGS) -o $@.tmp $<
	@mv $@.tmp $@

-include $(ARM64_NATIVE:.o=.d) $(patsubst %,build/bpf/%.d,$(ARM64_BPF) $(ARM64_FIXTURES))

endif
