# The library's tests with an addon that is watched. `make sanitize`: AddressSanitizer, its leak check, and
# UndefinedBehaviorSanitizer. The instrumented addon is in build/sanitize, a tree like this one that shares all other files
# with it: dist/ stays as it is. ONLY=ring is a pattern for names of test files, KERNELS=6.12 has the tests run there, in
# QEMU (see scripts/kernels.mk). `make valgrind`: Memcheck, with the addon of dist/.

SANITIZE := build/sanitize
SANITIZE_CXX ?= g++
# Values of enums that the header of an old libbpf lacks are passed to it: compilers take an enum for its underlying type,
# unless they have -fstrict-enums.
SANITIZE_FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize=enum -fno-sanitize-recover=all
SANITIZE_ADDON := $(SANITIZE)/linux-$(NODE_ARCH).node
SANITIZE_OBJECTS := $(NATIVE_OBJECTS:build/native/%=$(SANITIZE)/native/%)

.PHONY: sanitize sanitize-addon valgrind
sanitize: build bpf-fixtures btf-fixtures native-fixtures test-programs sanitize-addon ## run the library's tests with ASan and UBSan (as root): ONLY=ring KERNELS=6.12
	@SANITIZE_CXX='$(SANITIZE_CXX)' scripts/sanitize.sh $(SANITIZE_ADDON) '$(ONLY)' $(KERNELS)

sanitize-addon: $(SANITIZE_ADDON)
$(SANITIZE_OBJECTS) $(SANITIZE_ADDON): | setup $(NPM_STAMP)

$(SANITIZE_ADDON): $(SANITIZE_OBJECTS)
	@printf '  %-8s%s\n' LD $@
	$(Q)$(SANITIZE_CXX) $(NATIVE_LDFLAGS) $(SANITIZE_FLAGS) -o $@.tmp $^ -lbpf
	@mv $@.tmp $@

$(SANITIZE)/native/%.o: src/native/%.cc scripts/native.mk scripts/sanitize.mk
	@printf '  %-8s%s\n' CXX $@
	@mkdir -p $(@D)
	$(Q)$(SANITIZE_CXX) $(NATIVE_CXXFLAGS) $(SANITIZE_FLAGS) -MMD -MP -c -o $@ $<

valgrind: build bpf-fixtures btf-fixtures native-fixtures test-programs ## run the addon's tests with Memcheck (as root): ONLY=ring
	@scripts/valgrind.sh '$(ONLY)'

-include $(SANITIZE_OBJECTS:.o=.d)
