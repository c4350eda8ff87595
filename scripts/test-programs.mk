# Programs that the tests trace: test/fixtures/<name>.c -> dist/test/fixtures/<name>. They are linked statically, so
# that they do nothing but what they are told: a dynamic loader opens files. What is large has headers in <name>/.

TEST_PROGRAMS := $(patsubst %.c,dist/%,$(wildcard test/fixtures/*.c))
TEST_PROGRAM_HEADERS := $(wildcard test/fixtures/*/*.h)
TEST_PROGRAM_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -pthread -static

.PHONY: test-programs
test-programs: $(TEST_PROGRAMS)

dist/test/fixtures/%: test/fixtures/%.c $(TEST_PROGRAM_HEADERS) scripts/test-programs.mk | setup
	@printf '  %-8s%s\n' CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_PROGRAM_CFLAGS) -o $@.tmp $<
	@mv $@.tmp $@
