# The tests on other kernels, in QEMU: test/kernels/. KERNELS='5.10 7.2' names some, LIMIT=600 are the seconds after
# which a guest is taken for hung, SAVE=1 puts the table of hooks into docs/kernels.md.

.PHONY: test-kernels
test-kernels: build bpf-fixtures native-fixtures test-programs ## run the tests that need a kernel on KERNELS= (all: 5.10 6.1 6.12 7.2), in QEMU
	@. scripts/lib.sh; is_root || has_sudo || fail 'a guest shares the root of this machine: make test-kernels as root'; \
		as_root env SNOOPKIT_FORBID_SKIP="$${SNOOPKIT_FORBID_SKIP-}" \
			"$$(command -v node)" dist/test/kernels/main.js $(if $(LIMIT),--limit $(LIMIT)) $(if $(SAVE),--save) $(KERNELS)
