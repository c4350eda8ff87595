# The benchmark suite, bench/: the programs that generate the load and count the output, the BPF object that fills a
# ring, and `make bench`. ROUNDS=5 COUNT=500000 ONLY=opensnoop CONDITIONS=idle,busy OURS='--buffer 512K' BEFORE=../other
# SAVE=1 change a run; see node dist/bench/main.js --help.

BENCH_PROGRAMS := dist/bench/snoopkit-load dist/bench/sink dist/bench/map-calls
BENCH_FIXTURES := $(patsubst %.c,dist/%.o,$(wildcard bench/fixtures/*.bpf.c))
BENCH_FLAGS := $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(COUNT),--count $(COUNT)) $(if $(ONLY),--only $(ONLY)) \
	$(if $(CONDITIONS),--conditions $(CONDITIONS)) $(if $(OURS),--ours='$(OURS)') $(if $(BEFORE),--before $(BEFORE)) $(if $(SAVE),--save)

.PHONY: bench bench-programs
bench: build bench-programs ## compare with libbpf-tools and bpftrace on the same load (as root; takes minutes)
	@. scripts/lib.sh; is_root || has_sudo || fail 'tracing needs root, and there is no sudo to ask: make bench as root'; \
		as_root "$$(command -v node)" dist/bench/main.js $(BENCH_FLAGS)

bench-programs: $(BENCH_PROGRAMS) $(BENCH_FIXTURES)

# Static: a dynamic loader opens files, and would be part of each exec.
dist/bench/%: bench/%.c scripts/bench.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -static -o $@.tmp $<
	@mv $@.tmp $@

dist/bench/sink: bench/http.h

dist/bench/fixtures/%.bpf.o: bench/fixtures/%.bpf.c $(VMLINUX_H) scripts/bpf.mk | setup
	$(compile-bpf)

-include $(patsubst %,build/bpf/%.d,$(BENCH_FIXTURES))
