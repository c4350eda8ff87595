/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the fields of an event mean. The name of a typedef travels in the object's BTF, and
 * src/events/kinds/ knows how to show each: give a field the type that says what it is. An enum
 * is shown by the names of its values; one that is called ..._flags by those of its bits.
 */
#ifndef SNOOPKIT_TYPES_H
#define SNOOPKIT_TYPES_H

/*
 * User space reads offsets, sizes and the numbers of enums from the object's BTF. clang puts only
 * types there that variables, maps or functions have: this adds one that none of them has.
 */
#define KEEP_IN_BTF(kind, name) kind name *name##_type

/*
 * Around structs that user space reads, or that are keys of maps: padding by the compiler is an
 * error, since nobody sets its bytes. Declare a member for it; one whose name begins with an
 * underscore is shown nowhere.
 */
#define NO_PADDING_BEGIN                                                                           \
	_Pragma("clang diagnostic push") _Pragma("clang diagnostic error \"-Wpadded\"")
#define NO_PADDING_END _Pragma("clang diagnostic pop")

typedef __u64 snoop_time;	    /* ns on CLOCK_BOOTTIME: shown as a time of day */
typedef __u64 snoop_duration;	    /* ns */
typedef __u64 snoop_known_duration; /* the same; 0 where it is not known */
typedef __u64 snoop_count;	    /* bytes or other things that are never as many as 2^53 */
typedef __u64 snoop_known_count;    /* the same; 0 where it is not known */
typedef __s32 snoop_signal;	    /* SIGKILL; 0 for none */
typedef __s32 snoop_ret;	    /* what a system call returned: a result, or -errno */
typedef __u32 snoop_uid;	    /* shown as a number, and as the user's name */
typedef __u32 snoop_euid;	    /* the effective user: UID_SAME where that is the real one */
typedef __u32 snoop_gid;	    /* the same for groups */
typedef __u32 snoop_mode;	    /* permission bits, in octal */
typedef __u32 snoop_given_mode;	    /* the same; not there where it is NOT_GIVEN */
typedef __u32 snoop_given_uid;	    /* the same of an owner */
typedef __u32 snoop_given_gid;	    /* and of a group */
typedef __u64 snoop_given_size;	    /* and of a size in bytes, where all bits are set */
typedef __u32 snoop_open_flags;	    /* O_RDONLY|O_CLOEXEC */
typedef __s32 snoop_dirfd;	    /* a file descriptor, or AT_FDCWD */
typedef __u32 snoop_ip4;	    /* in network order */
typedef __u8 snoop_ip6[16];	    /* shown as IPv4 where it maps one */
typedef __u16 snoop_port;	    /* in the host's order */
typedef __u64 snoop_cgroup;	    /* the id of a cgroup (v2): shown as its path */
typedef char snoop_comm[16];	    /* TASK_COMM_LEN */
typedef __u8 snoop_tcp_flags;	    /* SYN|ACK, as in a packet's header */
typedef __u64 snoop_ksym;	    /* an address in the kernel, as function+offset; 0 for none */

/* Values that stand for none: src/events/kinds/given.ts and owner.ts. */
enum snoop_none {
	NOT_GIVEN = 0xffffffff,
	UID_SAME = 0xffffffff, /* no user has this number: setresuid(2) */
};
KEEP_IN_BTF(enum, snoop_none);

NO_PADDING_BEGIN
/* One end of a connection: an address, IPv4 mapped into IPv6, and a port. */
typedef struct snoop_endpoint {
	snoop_ip6 addr;
	snoop_port port;
	__u16 _padding;
} __attribute__((aligned(4))) snoop_endpoint;

typedef snoop_endpoint snoop_peer; /* the other end: with its name, where one is known */

/* What became of a signal, or -errno. Shown in lower case and without the prefix. */
enum snoop_signal_outcome {
	/* TRACE_SIGNAL_DELIVERED and so on: include/trace/events/signal.h */
	SIGNAL_DELIVERED,
	SIGNAL_IGNORED,
	SIGNAL_ALREADY_PENDING,
	SIGNAL_OVERFLOW_FAIL,
	SIGNAL_LOSE_INFO,
	SIGNAL_PROBED = 100, /* there was none to send: kill(pid, 0) */
	SIGNAL_CONTINUED,    /* ignored, but a stopped process continues: SIGCONT */
};
typedef enum snoop_signal_outcome snoop_signal_result;

/* A siginfo's si_code, whose meaning depends on the signal; there is none where that is 0. */
typedef struct snoop_signal_code {
	__s32 code;
	__s32 signal;
} snoop_signal_code;

enum snoop_source {
	SOURCE_MISSING, /* it could not be read */
	SOURCE_READ,	/* it is what the span says */
	SOURCE_JOINED,	/* a path: a name below a known directory, links not resolved */
	SOURCE_NAMED,	/* the same, of a name that is not followed where it is a link itself */
};

/* Where in the record a text of variable length lies, counted from the record's start. */
struct snoop_span {
	__u32 offset;
	__u32 length : 28;
	__u32 deleted : 1;   /* of a path: what was there has been removed */
	__u32 truncated : 1; /* there was more of it */
	enum snoop_source source : 2;
};

typedef struct snoop_span snoop_text;
typedef struct snoop_span snoop_path;
/* An absolute path, as its components from the last to the first, each ended by a NUL. */
typedef struct snoop_span snoop_components;
/* Texts and paths that need not be there: their offset is 0 then. */
typedef struct snoop_span snoop_given_text;
typedef struct snoop_span snoop_given_components;
/* An absolute path of what is always where it says: links are resolved. */
typedef struct snoop_span snoop_place;
/* The same of a file or a directory, which may be deleted. */
typedef struct snoop_span snoop_file;

/* Texts, each ended by a NUL, one behind the other; only where they were cut has the last one none.
 */
struct snoop_list {
	struct snoop_span span;
	__u32 count; /* of so many, */
	__u32 size;  /* in so many bytes; both are 0 when that is not known */
};

/* A stack of the kernel: addresses of 8 bytes, the innermost one first. */
typedef struct snoop_span snoop_stack;

typedef struct snoop_list snoop_args; /* the words of a command */
typedef struct snoop_list snoop_env;  /* NAME=value, of which only those with --env are shown */

/*
 * How values are spread: by their number of bits, so that slot N has those from 2^(N-1) up to 2^N,
 * slot 0 has zeros, and the last one also all that is larger. Each border is below 2^53.
 */
#define HISTOGRAM_SLOTS 54
struct snoop_histogram {
	__u64 sum; /* of all values */
	__u64 slots[HISTOGRAM_SLOTS];
};

NO_PADDING_END

typedef struct snoop_histogram snoop_histogram_ns;

#endif
