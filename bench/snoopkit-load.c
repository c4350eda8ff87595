// SPDX-License-Identifier: MIT
/*
 * load KIND COUNT NAME: COUNT operations in one thread, as fast as they go.
 *
 *   open     opens and closes NAME/event, which must exist
 *   exec     runs this program again, with the argument NAME/event, and waits for it
 *   connect  connects over TCP to a listener of its own; NAME is not used
 *
 * Before, and after, it does one such operation each millisecond that can be told from the others:
 * before, until a byte comes on standard input, on NAME/first (connect: to 127.0.0.1), so that a
 * tracer shows when it has begun; after, until standard input ends, on NAME/last (to 127.0.0.3), so
 * that it shows when it has caught up. The COUNT themselves connect to 127.0.0.2.
 *
 * It prints {"count","failed","seconds","ns_per_op","cpu_ns_per_op","start_ns"}; start_ns is of
 * CLOCK_MONOTONIC, and the CPU time is that of this process and, for exec, of those that it ran.
 *
 *   spin SECONDS keeps one core busy.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Nobody waits longer for one run: a forgotten one ends by itself. */
#define LONGEST_SECONDS 600
#define PAUSE_US 100000

enum phase { FIRST, EVENT, LAST };

/* Does one operation. Returns whether it succeeded. */
typedef int operation(enum phase phase);

static const char *const phase_names[] = {"first", "event", "last"};
static char names[3][512];
static int listener;
static struct sockaddr_in targets[3];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long cpu_ns(void)
{
	const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	long long sum = 0;

	for (int i = 0; i < 2; i++) {
		struct rusage used;

		getrusage(whose[i], &used);
		sum += (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000LL;
		sum += (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
	}
	return sum;
}

static int do_open(enum phase phase)
{
	int fd = open(names[phase], O_RDONLY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

/* By its path, so that what it runs has its name: tracers can tell it by that. */
static const char *itself;

static int do_exec(enum phase phase)
{
	char *const arguments[] = {"load", "nothing", names[phase], NULL};
	int status = -1;
	pid_t child = vfork();

	if (child == 0) {
		execv(itself, arguments);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

static int do_connect(enum phase phase)
{
	/* Reset when closed: connections that linger would use up the ports. */
	const struct linger reset = {.l_onoff = 1};
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), server = -1, done;

	if (client < 0)
		return 0;
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	done = connect(client, (void *)&targets[phase], sizeof(targets[phase])) == 0;
	if (done)
		server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(client);
	if (server >= 0)
		close(server);
	return done && server >= 0;
}

static void listen_here(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t size = sizeof(any);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (void *)&any, sizeof(any)) || listen(listener, 64) ||
	    getsockname(listener, (void *)&any, &size))
		die("cannot listen");
	for (int i = 0; i < 3; i++) {
		targets[i] = any;
		targets[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + i);
	}
}

/* Repeats an operation until there is something to read on standard input, or it has ended. */
static void repeat_until_told(operation *operate, enum phase phase)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;

	do {
		if (!operate(phase))
			die(names[phase]);
	} while (poll(&input, 1, 1) == 0);
	if (read(STDIN_FILENO, &byte, 1) < 0)
		die("standard input");
}

static void spin(double seconds)
{
	const long long end = now_ns() + (long long)(seconds * 1e9);

	while (now_ns() < end)
		for (volatile int i = 0; i < 100000; i++)
			;
}

static operation *operation_named(const char *kind)
{
	if (!strcmp(kind, "open"))
		return do_open;
	if (!strcmp(kind, "exec"))
		return do_exec;
	if (strcmp(kind, "connect")) {
		fprintf(stderr, "usage: load open|exec|connect COUNT NAME, load spin SECONDS\n");
		exit(2);
	}
	listen_here();
	return do_connect;
}

int main(int argc, char **argv)
{
	operation *operate;
	long long start, cpu, ns;
	long count, failed = 0;

	itself = argv[0];
	if (argc >= 2 && !strcmp(argv[1], "nothing"))
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(LONGEST_SECONDS);
	if (argc == 3 && !strcmp(argv[1], "spin")) {
		spin(atof(argv[2]));
		return 0;
	}
	operate = operation_named(argc == 4 ? argv[1] : "");
	count = atol(argv[2]);
	for (int i = 0; i < 3; i++)
		snprintf(names[i], sizeof(names[i]), "%s/%s", argv[3], phase_names[i]);

	repeat_until_told(operate, FIRST);
	cpu = cpu_ns();
	start = now_ns();
	for (long i = 0; i < count; i++)
		failed += !operate(EVENT);
	ns = now_ns() - start;
	cpu = cpu_ns() - cpu;
	printf("{\"count\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"ns_per_op\":%.2f,"
	       "\"cpu_ns_per_op\":%.2f,\"start_ns\":%lld}\n",
	       count, failed, ns / 1e9, count ? (double)ns / count : 0.0,
	       count ? (double)cpu / count : 0.0, start);
	fflush(stdout);
	/* A tracer that has fallen behind would lose some of these, too, and count them. */
	usleep(PAUSE_US);
	repeat_until_told(operate, LAST);
	return 0;
}
