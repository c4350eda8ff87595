/*
 * launch FD CMD ARGS...: runs CMD when its parent, at the other end of the socket FD, gives the
 * word, in a process whose id the parent already knows. A tracer is thus attached before CMD's
 * first instruction.
 *
 * The socket delivers the size of the data that follows, a native u32, and the data: texts that end
 * in NUL. The first four are the soft limit of open files, or an empty text to leave it unchanged,
 * and hexadecimal masks of the signals that CMD is to ignore, of those it is to have blocked, and
 * of the descriptors that it is not to inherit. The others are its environment. One byte more is
 * the word to go; end of file before that means that the parent is gone. The answer is end of file
 * when CMD runs, or else the errno of execvp(3), a native int.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	EXIT_ABANDONED = 125,
	EXIT_NOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
};

/* Whether `size` bytes were received. */
static bool receive(int fd, void *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		ssize_t got = read(fd, (char *)bytes + at, size - at);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got > 0)
			at += got;
	}
	return true;
}

/*
 * The texts from the parent, one after the other, with an empty one after the last; NULL if the
 * parent is gone.
 */
static char *receive_texts(int fd)
{
	uint32_t size;
	char *texts;

	if (!receive(fd, &size, sizeof(size)))
		return NULL;
	texts = calloc(size + 4, 1);
	return texts && receive(fd, texts, size) ? texts : NULL;
}

static char *next(char *text)
{
	return text + strlen(text) + 1;
}

static void set_limit(const char *soft)
{
	struct rlimit limit;

	if (!*soft || getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = strtoull(soft, NULL, 10);
	if (limit.rlim_cur < limit.rlim_max)
		setrlimit(RLIMIT_NOFILE, &limit);
}

static void set_signals(const char *ignored, const char *blocked)
{
	uint64_t ignore = strtoull(ignored, NULL, 16), block = strtoull(blocked, NULL, 16);
	sigset_t mask;

	sigemptyset(&mask);
	for (int number = 1; number <= 64; number++) {
		uint64_t bit = 1ULL << (number - 1);

		if (ignore & bit)
			signal(number, SIG_IGN);
		if (block & bit)
			sigaddset(&mask, number);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void close_descriptors(const char *mask)
{
	uint64_t closed = strtoull(mask, NULL, 16);

	for (int fd = 0; closed >> fd; fd++)
		if (closed >> fd & 1)
			close(fd);
}

static void set_environment(char *text)
{
	size_t count = 0;
	char **variables;

	for (char *each = text; *each; each = next(each))
		count++;
	variables = calloc(count + 1, sizeof(*variables));
	if (!variables)
		return;
	for (size_t i = 0; i < count; i++, text = next(text))
		variables[i] = text;
	environ = variables;
}

static void report(int fd, int error)
{
	/* Set only now that there is no CMD to inherit it. */
	signal(SIGPIPE, SIG_IGN);
	while (write(fd, &error, sizeof(error)) < 0 && errno == EINTR)
		;
}

/*
 * The file that execvp(3) would run, to be executed directly: a tracer then shows no attempt in
 * each folder of PATH. NULL if there is none, or if it can't be determined.
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
	int fd = argc < 3 ? -1 : atoi(argv[1]), error;
	char *limit, *ignored, *blocked, *closed, *path, go;

	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || !(limit = receive_texts(fd)))
		return EXIT_ABANDONED;
	ignored = next(limit);
	blocked = next(ignored);
	closed = next(blocked);
	set_environment(next(closed));
	path = find(argv[2]);
	if (!receive(fd, &go, 1))
		return EXIT_ABANDONED;
	set_limit(limit);
	set_signals(ignored, blocked);
	close_descriptors(closed);
	if (path)
		execv(path, argv + 2);
	execvp(argv[2], argv + 2);
	error = errno;
	report(fd, error);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}
