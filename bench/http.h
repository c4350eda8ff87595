/* SPDX-License-Identifier: MIT */
/*
 * A collector of OpenTelemetry for benchmarks: it reads requests of HTTP on 127.0.0.1 and answers
 * each with 200 and nothing. Its clients send no request before they have the answer to the last.
 */
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_CLIENTS 16
#define HTTP_POLLED (HTTP_CLIENTS + 1)
#define HTTP_FIRST_ROOM (1 << 20)

struct http_client {
	int fd;
	char *bytes;
	size_t used, room;
};

static int http_listener = -1;
static struct http_client http_clients[HTTP_CLIENTS];
static size_t http_count;

/* Returns the port, or -1. */
static int http_listen(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	http_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (http_listener < 0 || bind(http_listener, (void *)&address, size) ||
	    listen(http_listener, 64) || getsockname(http_listener, (void *)&address, &size))
		return -1;
	return ntohs(address.sin_port);
}

/* Puts the chunks of a body one behind the other if told to. Returns its length, or -1 while it is
 * not whole. */
static ssize_t http_unchunk(char *body, size_t size, int move)
{
	size_t at = 0, length = 0;

	for (;;) {
		const char *line_end = memmem(body + at, size - at, "\r\n", 2);
		size_t chunk;

		if (!line_end)
			return -1;
		chunk = strtoul(body + at, NULL, 16);
		at = line_end + 2 - body;
		if (size - at < chunk + 2)
			return -1;
		if (chunk == 0)
			return length;
		if (move)
			memmove(body + length, body + at, chunk);
		length += chunk;
		at += chunk + 2;
	}
}

/* What stands behind the name of a header, or NULL. The head ends with a NUL. */
static const char *http_header(const char *head, const char *name)
{
	const char *line = strcasestr(head, name);

	return line ? line + strlen(name) : NULL;
}

/* Returns the length of the body, which starts at `*body`, or -1 while the request is not whole. */
static ssize_t http_body(struct http_client *client, char **body)
{
	char *head_end = memmem(client->bytes, client->used, "\r\n\r\n", 4);
	const char *length;
	size_t size;

	if (!head_end)
		return -1;
	*body = head_end + 4;
	size = client->used - (*body - client->bytes);
	/* What is overwritten is looked for again. */
	head_end[2] = '\0';
	length = http_header(client->bytes, "\r\ncontent-length:");
	head_end[2] = '\r';
	if (length)
		return size < strtoul(length, NULL, 10) ? -1 : (ssize_t)size;
	return http_unchunk(*body, size, 0) < 0 ? -1 : http_unchunk(*body, size, 1);
}

/* Returns whether the client is still there. */
static int http_read(struct http_client *client, void (*take)(const char *body, size_t size))
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	ssize_t got, size;
	char *body;

	if (client->used == client->room) {
		client->room = client->room ? 2 * client->room : HTTP_FIRST_ROOM;
		client->bytes = realloc(client->bytes, client->room);
		if (!client->bytes)
			return 0;
	}
	got = read(client->fd, client->bytes + client->used, client->room - client->used);
	if (got <= 0)
		return 0;
	client->used += got;
	size = http_body(client, &body);
	if (size < 0)
		return 1;
	take(body, size);
	client->used = 0;
	return write(client->fd, answer, sizeof(answer) - 1) == sizeof(answer) - 1;
}

/* What is to be waited for: returns how many. */
static size_t http_polled(struct pollfd polled[HTTP_POLLED])
{
	polled[0] = (struct pollfd){.fd = http_count < HTTP_CLIENTS ? http_listener : -1,
				    .events = POLLIN};
	for (size_t i = 0; i < http_count; i++)
		polled[i + 1] = (struct pollfd){.fd = http_clients[i].fd, .events = POLLIN};
	return http_count + 1;
}

/* Does what can be done, by what poll() said of http_polled(). */
static void http_serve(const struct pollfd *polled, void (*take)(const char *body, size_t size))
{
	/* From the last one on: the place of one that is gone is taken by one that was served. */
	for (size_t i = http_count; i-- > 0;) {
		struct http_client *client = &http_clients[i];

		if (!polled[i + 1].revents || http_read(client, take))
			continue;
		close(client->fd);
		free(client->bytes);
		*client = http_clients[--http_count];
	}
	if (polled[0].revents) {
		int fd = accept4(http_listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			http_clients[http_count++] = (struct http_client){.fd = fd};
	}
}
