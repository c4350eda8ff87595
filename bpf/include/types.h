/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Meanings of the fields of an event. The name of a typedef is in the object's BTF, and
 * src/events/kinds/ formats each: give a field the type of its meaning. An enum is shown by the
 * names of its values, and an enum named ..._flags by those of its bits.
 */
#ifndef SNOOPKIT_TYPES_H
#define SNOOPKIT_TYPES_H

/*
 * User space reads offsets, sizes and the numbers of enums from the object's BTF. clang emits only
 * types of variables, maps or functions: this macro adds one that none of them has.
 */
#define KEEP_IN_BTF(kind, name) kind name *name##_type

/*
 * For structs that user space reads, or that are keys of maps: padding by the compiler is an error,
 * since its bytes are not initialized. Declare a member for it; one whose name begins with an
 * underscore is not shown.
 */
#define NO_PADDING_BEGIN                                                                           \
	_Pragma("clang diagnostic push") _Pragma("clang diagnostic error \"-Wpadded\"")
#define NO_PADDING_END _Pragma("clang diagnostic pop")

typedef __u64 snoop_time;	    /* ns on CLOCK_BOOTTIME: shown as a time of day */
typedef __u64 snoop_duration;	    /* ns */
typedef __u64 snoop_known_duration; /* the same; 0 if not known */
typedef __u64 snoop_count;	    /* bytes or other things, always less than 2^53 */
typedef __u64 snoop_known_count;    /* the same; 0 if not known */
typedef __s32 snoop_signal;	    /* SIGKILL; 0 for none */
typedef __s32 snoop_ret;	    /* result of a system call, or -errno */
typedef __u32 snoop_uid;	    /* shown as a number, and as the user's name */
typedef __u32 snoop_euid;	    /* the effective user: UID_SAME if equal to the real one */
typedef __u32 snoop_gid;	    /* the same for groups */
typedef __u32 snoop_mode;	    /* permission bits, in octal */
typedef __u32 snoop_given_mode;	    /* the same; absent if it is NOT_GIVEN */
typedef __u32 snoop_given_uid;	    /* the same for an owner */
typedef __u32 snoop_given_gid;	    /* the same for a group */
typedef __u64 snoop_given_size;	    /* the same for a size in bytes; absent if all bits are set */
typedef __u32 snoop_open_flags;	    /* O_RDONLY|O_CLOEXEC */
typedef __s32 snoop_dirfd;	    /* a file descriptor, or AT_FDCWD */
typedef __u32 snoop_ip4;	    /* in network order */
typedef __u8 snoop_ip6[16];	    /* shown as IPv4 if mapped */
typedef __u16 snoop_port;	    /* in the host's order */
typedef __u64 snoop_cgroup;	    /* the id of a cgroup (v2): shown as its path */
typedef char snoop_comm[16];	    /* TASK_COMM_LEN */
typedef __u8 snoop_tcp_flags;	    /* SYN|ACK, as in a packet's header */
typedef __u64 snoop_ksym;	    /* an address in the kernel, as function+offset; 0 for none */

/* Values that stand for none: src/events/given.ts and kinds/owner.ts. */
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

typedef snoop_endpoint snoop_peer; /* the remote endpoint, with its name if known */

/* Outcome of a signal, or -errno. Shown in lower case and without the prefix. */
enum snoop_signal_outcome {
	/* TRACE_SIGNAL_DELIVERED and so on: include/trace/events/signal.h */
	SIGNAL_DELIVERED,
	SIGNAL_IGNORED,
	SIGNAL_ALREADY_PENDING,
	SIGNAL_OVERFLOW_FAIL,
	SIGNAL_LOSE_INFO,
	SIGNAL_PROBED = 100, /* no signal to send: kill(pid, 0) */
	SIGNAL_CONTINUED,    /* ignored, but a stopped process continues: SIGCONT */
};
typedef enum snoop_signal_outcome snoop_signal_result;

/* A siginfo's si_code, whose meaning depends on the signal; none if that is 0. */
typedef struct snoop_signal_code {
	__s32 code;
	__s32 signal;
} snoop_signal_code;

enum snoop_source {
	SOURCE_MISSING, /* it could not be read */
	SOURCE_READ,	/* the span's text as is */
	SOURCE_JOINED,	/* a path: a name below a known directory, links not resolved */
	SOURCE_NAMED,	/* the same, for a name that is not followed if it is a link itself */
};

/* Location in the record of a text of variable length, as an offset from the record's start. */
struct snoop_span {
	__u32 offset;
	__u32 length : 28;
	__u32 deleted : 1;   /* of a path: the file has been removed */
	__u32 truncated : 1; /* the text was longer */
	enum snoop_source source : 2;
};

typedef struct snoop_span snoop_text;
typedef struct snoop_span snoop_path;
/* An absolute path, as its components from the last to the first, each ended by a NUL. */
typedef struct snoop_span snoop_components;
/* Optional texts and paths: their offset is 0 if absent. */
typedef struct snoop_span snoop_given_text;
typedef struct snoop_span snoop_given_components;
/* An absolute path with links resolved, of a file that is always there. */
typedef struct snoop_span snoop_place;
/* Location of a file or a directory that may be deleted; otherwise the same. */
typedef struct snoop_span snoop_file;

/* Texts one after the other, each ended by a NUL. The last one lacks its NUL only if truncated. */
struct snoop_list {
	struct snoop_span span;
	__u32 count; /* number of texts */
	__u32 size;  /* total bytes; both are 0 if not known */
};

/* A kernel stack: addresses of 8 bytes, the innermost one first. */
typedef struct snoop_span snoop_stack;
/*
 * The same, from a program that is called by another one: shown as the name of that one. Needs
 * `time` in the event.
 */
typedef struct snoop_span snoop_bpf_caller;

typedef struct snoop_list snoop_args; /* the words of a command */
typedef struct snoop_list snoop_env;  /* NAME=value, shown only for the names of --env */

/*
 * A distribution of values by their number of bits: slot N has the values from 2^(N-1) up to 2^N,
 * slot 0 the zeros, and the last slot also all larger values. Each bound is below 2^53.
 */
#define HISTOGRAM_SLOTS 54
struct snoop_histogram {
	__u64 sum; /* of all values */
	__u64 slots[HISTOGRAM_SLOTS];
};

NO_PADDING_END

typedef struct snoop_histogram snoop_histogram_ns;

#endif
