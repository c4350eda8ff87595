// The time that bpf(2) alone takes to look up and to update an entry of a map: nanoseconds of a
// call each. The map is descriptor 3; the arguments are the bytes of a key, those of a value on all
// CPUs, and how many calls to make.
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static double measure(int command, union bpf_attr *attr, long count)
{
	double before = now();

	for (long i = 0; i < count; i++) {
		if (syscall(SYS_bpf, command, attr, sizeof(*attr))) {
			perror("bpf");
			exit(1);
		}
	}
	return (now() - before) / count;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t key_size = strtoul(argv[1], NULL, 10);
	size_t value_size = strtoul(argv[2], NULL, 10);
	long count = strtol(argv[3], NULL, 10);
	void *key = calloc(1, key_size);
	void *value = calloc(1, value_size);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = 3;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	double update = measure(BPF_MAP_UPDATE_ELEM, &attr, count);
	double lookup = measure(BPF_MAP_LOOKUP_ELEM, &attr, count);
	printf("%.0f %.0f\n", lookup, update);
	return 0;
}
