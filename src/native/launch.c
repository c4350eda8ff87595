/*
 * launch CMD ARGS...: runs CMD when its parent, at the other end of fd 3, says so, in a process
 * whose id the parent knows already. Thus a tracer is attached before CMD's first instruction.
 *
 * One byte on fd 3 is the word to go; its end means that the parent is gone. Back comes nothing but
 * the end of file when CMD runs, or else the errno of execvp(3), a native int.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

int main(int argc, char **argv)
{
	int error;

	if (argc < 2 || fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0 || !wait_for_parent())
		return EXIT_ABANDONED;
	execvp(argv[1], argv + 1);
	error = errno;
	report(error);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}
