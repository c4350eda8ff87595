/*
 * launch CMD ARGS...: runs CMD when its parent, at the other end of fd 3, says so, in a process
 * whose id the parent knows already. Thus a tracer is attached before CMD's first instruction.
 *
 * One byte on fd 3 is the word to go; its end means that the parent is gone. Back comes nothing but
 * the end of file when CMD runs, or else the errno of execvp(3), a native int.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONTROL_FD = 3,
	EXIT_ABANDONED = 125,
	EXIT_NOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};

static int wait_for_parent(void)
{
	char byte;
	ssize_t got;

	do {
		got = read(CONTROL_FD, &byte, 1);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

static void report(int error)
{
	/* Only now, when there is no CMD to inherit it. */
	signal(SIGPIPE, SIG_IGN);
	while (write(CONTROL_FD, &error, sizeof(error)) < 0 && errno == EINTR)
		;
}

/*
 * The file that execvp(3) would run, so that it is executed at once: a tracer shows no attempt in
 * each folder of PATH. NULL when there is none, or no telling.
 */
static char *find(const char *name)
{
	const char *folders = getenv("PATH");
	size_t length;

	if (!folders || strchr(name, '/'))
		return NULL;
	for (const char *folder = folders;; folder += length + 1) {
		char *path;

		length = strcspn(folder, ":");
		if (asprintf(&path, "%.*s%s%s", (int)length, folder, length ? "/" : "", name) < 0)
			return NULL;
		if (!access(path, X_OK))
			return path;
		free(path);
		if (!folder[length])
			return NULL;
	}
}

int main(int argc, char **argv)
{
	char *path = argc < 2 ? NULL : find(argv[1]);
	int error;

	if (argc < 2 || fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 || !wait_for_parent())
		return EXIT_ABANDONED;
	if (path)
		execv(path, argv + 1);
	execvp(argv[1], argv + 1);
	error = errno;
	report(error);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}
