# The native addon, the programs beside it, and the BPF objects and the module of their tests. Included by the Makefile.

NODE_ARCH ?= $(patsubst aarch64,arm64,$(patsubst x86_64,x64,$(shell uname -m)))
# Names under which any compiler is found, gcc's or clang's; g++ is only make's own default.
ifeq ($(origin CXX),default)
CXX := c++
endif
CC ?= cc
CLANG ?= clang

NATIVE_ADDON := dist/native/linux-$(NODE_ARCH).node
# Separate programs: dist/native/<name>-linux-<arch>.
NATIVE_PROGRAMS := $(patsubst src/native/%.c,dist/native/%-linux-$(NODE_ARCH),$(wildcard src/native/*.c))
NATIVE_OBJECTS := $(patsubst src/native/%.cc,build/native/%.o,$(wildcard src/native/*.cc))
NATIVE_MODULE := dist/test/native/fixtures/malloc.node
NATIVE_FIXTURES := $(patsubst %.bpf.c,dist/%.bpf.o,$(wildcard test/native/fixtures/*.bpf.c)) $(NATIVE_MODULE)

NATIVE_CXXFLAGS := -std=c++17 -fPIC -O2 -Wall -Wextra -Werror -fvisibility=hidden -fno-exceptions \
	-DNAPI_VERSION=9 -DNAPI_DISABLE_CPP_EXCEPTIONS -DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS \
	-isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include
# Never unloaded, because libbpf keeps a pointer to our print function (src/native/log.cc). Symbols of
# Node-API and libuv come from the node executable, so undefined ones are no error here.
NATIVE_LDFLAGS := -shared -Wl,-z,nodelete -Wl,-z,relro,-z,now -Wl,--as-needed

.PHONY: native native-fixtures
native: $(NATIVE_ADDON) $(NATIVE_PROGRAMS)
native-fixtures: $(NATIVE_FIXTURES)

# Linked to a temporary place and moved: overwriting a library that a process has mapped would crash it.
$(NATIVE_ADDON): $(NATIVE_OBJECTS)
	@printf '  %-8s%s\n' LD $@
	@mkdir -p $(@D)
	$(Q)$(CXX) $(NATIVE_LDFLAGS) $(LDFLAGS) -o build/native/addon.tmp $^ -lbpf
	@mv build/native/addon.tmp $@

build/native/%.o: src/native/%.cc scripts/native.mk
	@printf '  %-8s%s\n' CXX $@
	@mkdir -p $(@D)
	$(Q)$(CXX) $(NATIVE_CXXFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(NATIVE_PROGRAMS): dist/native/%-linux-$(NODE_ARCH): src/native/%.c scripts/native.mk
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -Werror $(CFLAGS) $(LDFLAGS) -o $@ $<

# The triplet's folder holds asm/types.h, which clang does not find for the target bpf.
dist/test/native/fixtures/%.bpf.o: test/native/fixtures/%.bpf.c
	@printf '  %-8s%s\n' BPF $@
	@mkdir -p $(@D)
	$(Q)$(CLANG) -g -O2 -target bpf -Wall -Werror -I/usr/include/$(shell uname -m)-linux-gnu -c -o $@ $<

NATIVE_MODULE_CFLAGS := -O2 -Wall -Wextra -Werror -fPIC -shared -isystem node_modules/node-api-headers/include

$(NATIVE_MODULE): dist/%.node: %.c scripts/native.mk
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(NATIVE_MODULE_CFLAGS) -o $@ $<

# What is compiled only with a newer libbpf, checked by the compiler and the linker. It needs a newer C library to run.
NEWER := build/newer-libbpf
NEWER_OBJECTS := $(NATIVE_OBJECTS:build/native/%=$(NEWER)/%)

.PHONY: newer-libbpf
newer-libbpf: $(NEWER)/addon.node ## compile and link the addon with the libbpf of Debian 13
$(NEWER)/sysroot: scripts/newer-libbpf.ts scripts/debian/trees.ts | $(TS_STAMP)
	$(Q)node dist/scripts/newer-libbpf.js $(@D)
$(NEWER)/%.o: src/native/%.cc scripts/native.mk | $(NEWER)/sysroot
	@printf '  %-8s%s\n' CXX $@
	$(Q)$(CXX) $(NATIVE_CXXFLAGS) -isystem $(NEWER)/sysroot/usr/include -MMD -MP -c -o $@ $<
$(NEWER)/addon.node: $(NEWER_OBJECTS)
	@printf '  %-8s%s\n' LD $@
	$(Q)$(CXX) $(NATIVE_LDFLAGS) -L$(NEWER)/sysroot/usr/lib/$(MACHINE)-linux-gnu -o $@ $^ -lbpf

-include $(NATIVE_OBJECTS:.o=.d) $(NEWER_OBJECTS:.o=.d)
