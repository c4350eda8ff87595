# Programs that the tests trace: test/fixtures/<name>.c -> dist/test/fixtures/<name>. They are linked statically, to do
# only what they are told: a dynamic loader opens files. Large ones have headers in <name>/.
# test/fixtures/preload/<name>.c -> dist/test/fixtures/<name>.so is preloaded before the C library of other programs.

TEST_PROGRAMS := $(patsubst %.c,dist/%,$(wildcard test/fixtures/*.c))
TEST_PRELOADS := $(patsubst test/fixtures/preload/%.c,dist/test/fixtures/%.so,$(wildcard test/fixtures/preload/*.c))
TEST_PROGRAM_HEADERS := $(wildcard test/fixtures/*/*.h)
TEST_PROGRAM_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -pthread -static

.PHONY: test-programs
test-programs: $(TEST_PROGRAMS) $(TEST_PRELOADS)

dist/test/fixtures/%: test/fixtures/%.c $(TEST_PROGRAM_HEADERS) scripts/test-programs.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_PROGRAM_CFLAGS) -o $@.tmp $<
	@mv $@.tmp $@

dist/test/fixtures/%.so: test/fixtures/preload/%.c scripts/test-programs.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 -g -Wall -Wextra -Werror -shared -fPIC -o $@.tmp $<
	@mv $@.tmp $@
