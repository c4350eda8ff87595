/*
 * inherited PID: state of a process that Node changes or forgets at its start, but that a traced
 * command must inherit. bin/start.sh runs it from the shell PID that Node is about to replace, and
 * passes on its output, one line: PID, the soft limit of open files, masks of ignored and of
 * blocked signals, open descriptors, and variables that a shell does not pass on unchanged, in
 * hexadecimal: NAME=VALUE, or NAME for one that is not set.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* All of them together must fit into one variable. */
#define MOST_VARIABLES (48 << 10)

/* Variables that shells set for themselves. */
static const char *const own_names[] = {"PWD",	 "OLDPWD", "IFS", "OPTIND", "PPID",
					"SHLVL", "LINENO", "PS1", "PS2",    "PS4",
					"_",	 "BASH",   "UID", "EUID",   "RANDOM"};
#define OWN_NAMES (sizeof(own_names) / sizeof(*own_names))

static void tell_limit(void)
{
	struct rlimit limit = {};

	getrlimit(RLIMIT_NOFILE, &limit);
	printf(" %ju", (uintmax_t)limit.rlim_cur);
}

/* Signals that a process has blocked: dash unblocks all signals in the processes that it starts. */
static uint64_t blocked_by(const char *pid)
{
	char path[64], line[256];
	unsigned long long mask = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SigBlk: %llx", &mask) == 1)
			break;
	if (file)
		fclose(file);
	/* A waiting shell may block this one. */
	return mask & ~(1ULL << (SIGCHLD - 1));
}

static void tell_signals(const char *pid)
{
	uint64_t ignored = 0, blocked = blocked_by(pid);
	struct sigaction action;
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int signal = 1; signal <= 64; signal++) {
		if (!sigaction(signal, NULL, &action) && action.sa_handler == SIG_IGN)
			ignored |= 1ULL << (signal - 1);
		if (sigismember(&mask, signal) == 1)
			blocked |= 1ULL << (signal - 1);
	}
	printf(" %jx %jx", (uintmax_t)ignored, (uintmax_t)blocked);
}

/*
 * Node opens /dev/null for each of the first three descriptors that is closed. Our own differ from
 * the shell's: it may read our output on one that was closed.
 */
static void tell_standard(const char *pid, const char **separator)
{
	struct stat ours = {};

	fstat(STDOUT_FILENO, &ours);
	for (int fd = 0; fd <= 2; fd++) {
		struct stat theirs;
		char path[64];

		snprintf(path, sizeof(path), "/proc/%s/fd/%d", pid, fd);
		if (stat(path, &theirs) ||
		    (theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino))
			continue;
		printf("%s%d", *separator, fd);
		*separator = ",";
	}
}

static void tell_descriptors(const char *pid)
{
	DIR *folder = opendir("/proc/self/fd");
	const char *separator = " ";
	struct dirent *entry;

	tell_standard(pid, &separator);
	while (folder && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (fd <= 2 || fd == dirfd(folder))
			continue;
		printf("%s%d", separator, fd);
		separator = ",";
	}
	if (*separator == ' ')
		printf(" -");
}

/* Index of a shell's own variable; OWN_NAMES for other names. */
static size_t own_name(const char *name, size_t length)
{
	size_t i = 0;

	while (i < OWN_NAMES &&
	       (strlen(own_names[i]) != length || memcmp(own_names[i], name, length)))
		i++;
	return i;
}

/* Whether a shell accepts a variable of that name; dash drops all others. */
static bool is_name(const char *name, size_t length)
{
	return length > 0 && strspn(name, "0123456789") == 0 &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") >=
		       length;
}

static void tell_variable(const char *text, const char **separator)
{
	fputs(*separator, stdout);
	while (*text)
		printf("%02x", (unsigned char)*text++);
	*separator = ",";
}

static void tell_variables(const char *pid)
{
	bool is_there[OWN_NAMES] = {};
	const char *separator = " ";
	size_t size = 0, sum = 0;
	char path[64], *text = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/environ", pid);
	file = fopen(path, "r");
	while (file && getdelim(&text, &size, '\0', file) > 0) {
		size_t length = strcspn(text, "="), own = own_name(text, length);

		if (own < OWN_NAMES)
			is_there[own] = true;
		else if (is_name(text, length))
			continue;
		sum += strlen(text);
		if (sum <= MOST_VARIABLES)
			tell_variable(text, &separator);
	}
	for (size_t i = 0; file && i < OWN_NAMES; i++)
		if (!is_there[i])
			tell_variable(own_names[i], &separator);
	if (*separator == ' ')
		printf(" -");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	fputs(argv[1], stdout);
	tell_limit();
	tell_signals(argv[1]);
	tell_descriptors(argv[1]);
	tell_variables(argv[1]);
	putchar('\n');
	return 0;
}
