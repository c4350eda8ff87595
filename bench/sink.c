// SPDX-License-Identifier: MIT
/*
 * sink [OPTION...] FIRST EVENT LAST -- COMMAND ARGS: runs a tracer with its standard output to a
 * pipe, as `tracer | something` would, and counts the lines that contain EVENT. It stores nothing,
 * so that reading costs the machine as little as it can, and the same with every tracer. Without a
 * command it counts its own standard input.
 *
 * It prints a JSON line each time that something is known:
 *   {"first_ns": from exec to the first line with FIRST}, EVENT or LAST
 *   {"settled": true}   LAST was seen, and no EVENT for SETTLE_MS: the tracer has caught up
 *   {"events","lines","status","user_us","system_us","peak_kb","waits","sink_us"}   it has ended
 * `waits` is how often the tracer gave up its core to wait, as it does for each wake-up.
 *
 *   --terminal       a pseudo-terminal instead of the pipe: tracers flush each line there
 *   --tracefs        with a tracefs at /sys/kernel/tracing that nobody else sees
 *   --note PREFIX    lines that start so are copied to standard error
 *   --otlp           counts in what is sent to it by OTLP over HTTP instead: it first prints
 * {"port"}, and the tracer has that in its OTEL_EXPORTER_OTLP_ENDPOINT
 *
 * SIGTERM ends the tracer as Ctrl-C would, and after a while for good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "http.h"

#define SETTLE_MS 250
#define GRACE_SECONDS 10
/* Longer lines are counted in parts; no tracer here writes such. */
#define BUFFER_SIZE (1 << 20)

struct text {
	const char *bytes;
	size_t size;
};

static struct text first, event, last, note;
static int use_terminal, use_tracefs, use_otlp;
static volatile pid_t tracer;

static long long started_ns, read_ns, event_ns;
static long events, lines;
static int is_first_seen, is_last_seen, is_settled;

static char buffer[BUFFER_SIZE];

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

static struct text text_of(const char *string)
{
	return (struct text){string, strlen(string)};
}

static int contains(const char *line, size_t size, struct text wanted)
{
	return memmem(line, size, wanted.bytes, wanted.size) != NULL;
}

/* Looks for the marks in what the tracer wrote, of which `found` is how many events it has. */
static void take_marks(const char *bytes, size_t size, long found)
{
	events += found;
	if (found)
		event_ns = read_ns;
	if (!is_last_seen && (use_otlp || !found) && contains(bytes, size, last))
		is_last_seen = 1;
	if (!is_first_seen && (found || is_last_seen || contains(bytes, size, first))) {
		is_first_seen = 1;
		printf("{\"first_ns\":%lld}\n", read_ns - started_ns);
	}
}

/* A request has many events, and may have some of each phase. */
static void take_request(const char *body, size_t size)
{
	const char *end = body + size;
	long found = 0;

	read_ns = now_ns();
	for (const char *at = body; (at = memmem(at, end - at, event.bytes, event.size));
	     at += event.size)
		found++;
	take_marks(body, size, found);
}

static void take_line(const char *line, size_t size)
{
	lines++;
	take_marks(line, size, !use_otlp && contains(line, size, event));
	if (note.size && size >= note.size && !memcmp(line, note.bytes, note.size))
		fprintf(stderr, "%.*s\n", (int)size, line);
}

/* Takes the whole lines of the buffer, moves the rest to its start, and returns its size. */
static size_t take_lines(size_t used)
{
	const char *line = buffer, *end = buffer + used, *newline;

	while ((newline = memchr(line, '\n', end - line))) {
		take_line(line, newline - line);
		line = newline + 1;
	}
	if (line == buffer && used == sizeof(buffer)) {
		take_line(buffer, used);
		return 0;
	}
	memmove(buffer, line, end - line);
	return end - line;
}

static void note_settled(void)
{
	if (is_settled || !is_last_seen || now_ns() - event_ns < SETTLE_MS * 1000000LL)
		return;
	is_settled = 1;
	printf("{\"settled\":true}\n");
}

static void read_all(int fd)
{
	struct pollfd polled[1 + HTTP_POLLED] = {{.fd = fd, .events = POLLIN}};
	size_t used = 0;

	for (;;) {
		size_t count = 1 + (use_otlp ? http_polled(polled + 1) : 0);
		int is_ready = poll(polled, count, 50) > 0;

		if (is_ready && use_otlp)
			http_serve(polled + 1, take_request);
		if (is_ready && polled[0].revents) {
			ssize_t got = read(fd, buffer + used, sizeof(buffer) - used);
			/* EIO: the other side of the terminal is closed. */
			if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
				break;
			read_ns = now_ns();
			if (got > 0)
				used = take_lines(used + got);
		}
		note_settled();
	}
	if (used)
		take_line(buffer, used);
}

static void on_terminate(int signal)
{
	static int is_late;

	if (tracer <= 0)
		return;
	kill(tracer, signal == SIGALRM || is_late ? SIGKILL : SIGINT);
	is_late = 1;
	alarm(GRACE_SECONDS);
}

static void listen_for_requests(void)
{
	int port = http_listen();
	char endpoint[32];

	if (port < 0)
		die("cannot listen");
	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%d", port);
	setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, 1);
	printf("{\"port\":%d}\n", port);
}

static void mount_tracefs(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		die("cannot mount tracefs");
}

/* Both ends of what the tracer writes to. */
static void make_output(int ends[2])
{
	if (!use_terminal) {
		if (pipe2(ends, O_CLOEXEC))
			die("pipe");
		return;
	}
	ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends[0] < 0 || grantpt(ends[0]) || unlockpt(ends[0]))
		die("cannot open a terminal");
	ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ends[1] < 0)
		die("cannot open a terminal");
}

static int start(char **command)
{
	int ends[2];
	pid_t child;

	make_output(ends);
	started_ns = now_ns();
	child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		signal(SIGTERM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		execvp(command[0], command);
		perror(command[0]);
		_exit(127);
	}
	tracer = child;
	close(ends[1]);
	return ends[0];
}

static char **parse(char **argument)
{
	for (argument++; *argument && !strncmp(*argument, "--", 2); argument++) {
		if (!strcmp(*argument, "--terminal"))
			use_terminal = 1;
		else if (!strcmp(*argument, "--tracefs"))
			use_tracefs = 1;
		else if (!strcmp(*argument, "--otlp"))
			use_otlp = 1;
		else if (!strcmp(*argument, "--note") && argument[1])
			note = text_of(*++argument);
		else
			return NULL;
	}
	for (int i = 0; i < 3; i++)
		if (!argument[i])
			return NULL;
	first = text_of(argument[0]);
	event = text_of(argument[1]);
	last = text_of(argument[2]);
	argument += 3;
	return *argument ? argument + 1 : argument;
}

static long long micros(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage used = {}, own;
	char **command = argc ? parse(argv) : NULL;
	int status = 0;

	if (!command) {
		fprintf(stderr, "usage: sink [--terminal] [--tracefs] [--otlp] [--note PREFIX] "
				"FIRST EVENT LAST [-- COMMAND...]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGTERM, on_terminate);
	signal(SIGALRM, on_terminate);
	if (use_tracefs)
		mount_tracefs();
	if (use_otlp)
		listen_for_requests();
	if (*command) {
		read_all(start(command));
		while (wait4(tracer, &status, 0, &used) < 0 && errno == EINTR)
			;
		tracer = 0; /* the number may soon be another's */
	} else {
		started_ns = now_ns();
		read_all(STDIN_FILENO);
	}
	getrusage(RUSAGE_SELF, &own);
	printf("{\"events\":%ld,\"lines\":%ld,\"status\":%d,\"user_us\":%lld,\"system_us\":%lld,"
	       "\"peak_kb\":%ld,\"waits\":%ld,\"sink_us\":%lld}\n",
	       events, lines, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
	       micros(used.ru_utime), micros(used.ru_stime), used.ru_maxrss, used.ru_nvcsw,
	       micros(own.ru_utime) + micros(own.ru_stime));
	return 0;
}
