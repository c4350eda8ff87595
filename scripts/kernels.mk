# The tests on other kernels, in QEMU: test/kernels/. KERNELS='5.10 6.12-arm64' selects kernels, LIMIT=600 is the number
# of seconds after which a guest counts as hung, ONLY=opensnoop is a pattern for names of test files. SAVE=1 puts their
# columns into the tables of docs/kernels.md and docs/types.md; MERGE=1, with ONLY=, puts these tests into the kernel's
# full result, in place of the same ones. The kernel `host` is this machine, without a guest.

.PHONY: test-kernels
test-kernels: build bpf-fixtures native-fixtures test-programs $(if $(findstring arm64,$(KERNELS)),arm64) ## run the tests that need a kernel on KERNELS= (5.10 6.1 6.12 7.2; 6.1-arm64 6.12-arm64), in QEMU; host: on this machine
	@. scripts/lib.sh; is_root || has_sudo || fail 'a guest shares the root of this machine: make test-kernels as root'; \
		as_root env SNOOPKIT_FORBID_SKIP="$${SNOOPKIT_FORBID_SKIP-}" \
			"$$(command -v node)" dist/test/kernels/main.js $(if $(LIMIT),--limit $(LIMIT)) $(if $(ONLY),--only='$(ONLY)') $(if $(MERGE),--merge) $(if $(SAVE),--save) $(KERNELS)
