// Features of the running kernel: types of programs and maps, helpers.
#include "addon.h"
#include "attachment.h"

#include <cstring>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

// Newer than the kernel's headers of the oldest Debian: include/uapi/linux/bpf.h.
constexpr auto kNetfilter = static_cast<bpf_prog_type>(32);	  // Linux 6.4
constexpr auto kNetfilterHook = static_cast<bpf_attach_type>(45); // Linux 6.4
constexpr auto kArena = static_cast<bpf_map_type>(33);		  // Linux 6.9

constexpr bpf_insn kZero = {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0};
constexpr bpf_insn kExit = {BPF_JMP | BPF_EXIT, 0, 0, 0, 0};

/** A hook that programs of a type are loaded for, with the target that its BTF names. */
struct Hook {
	bpf_attach_type type;
	const char *target;
};

/** Hooks of a type that differ in their helpers. */
std::vector<Hook> HooksOf(bpf_prog_type type, int32_t helper)
{
	switch (static_cast<int>(type)) {
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
		return {{BPF_CGROUP_INET4_CONNECT, nullptr}};
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
		return {{BPF_CGROUP_GETSOCKOPT, nullptr}, {BPF_CGROUP_SETSOCKOPT, nullptr}};
	case BPF_PROG_TYPE_SK_LOOKUP:
		return {{BPF_SK_LOOKUP, nullptr}};
	case kNetfilter:
		return {{kNetfilterHook, nullptr}};
	case BPF_PROG_TYPE_LSM:
		return {{BPF_LSM_MAC, "file_open"}};
	case BPF_PROG_TYPE_TRACING:
		// get_func_arg(), get_func_ret() and get_func_arg_cnt() are for functions alone.
		if (helper >= 183 && helper <= 185)
			return {{BPF_TRACE_FEXIT, "bpf_fentry_test1"}};
		return {{BPF_TRACE_RAW_TP, "sched_process_exit"}, {BPF_TRACE_ITER, "task"}};
	default:
		return {{{}, nullptr}};
	}
}

/** Loads a program, and unloads it; -ENOENT if the kernel has no such hook. The log is the
 * verifier's. */
template <size_t size, size_t room>
int Try(bpf_prog_type type, const Hook &hook, const bpf_insn (&code)[size], char (&log)[room])
{
	auto options = ZeroOptions<bpf_prog_load_opts>();
	options.expected_attach_type = hook.type;
	if (type == BPF_PROG_TYPE_SYSCALL)
		options.prog_flags = BPF_F_SLEEPABLE;
	if (hook.target) {
		int id = libbpf_find_vmlinux_btf_id(hook.target, hook.type);
		if (id <= 0)
			return -ENOENT;
		options.attach_btf_id = static_cast<uint32_t>(id);
	}
	log[0] = '\0';
	options.log_buf = log;
	options.log_size = room;
	options.log_level = 1;
	int fd = bpf_prog_load(type, nullptr, "GPL", code, size, &options);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int ProbeProgram(bpf_prog_type type)
{
	// libbpf tries fentry alone, and a kernel may refuse functions and have the rest.
	if (type != BPF_PROG_TYPE_TRACING && type != kNetfilter)
		return libbpf_probe_bpf_prog_type(type, nullptr);
	char log[4096];
	return Try(type, HooksOf(type, 0)[0], {kZero, kExit}, log) == 0;
}

int ProbeMap(bpf_map_type type)
{
	if (type != kArena)
		return libbpf_probe_bpf_map_type(type, nullptr);
	auto options = ZeroOptions<bpf_map_create_opts>();
	options.map_flags = BPF_F_MMAPABLE;
	Descriptor map(bpf_map_create(type, nullptr, 0, 0, 1, &options));
	// A kernel that has arenas may lack the memory for one.
	return map || errno == ENOMEM;
}

// libbpf_probe_bpf_helper() takes what newer verifiers say, "cannot use helper", and types that the
// kernel lacks for a yes.
int ProbeHelper(bpf_prog_type type, int32_t helper)
{
	if (type == BPF_PROG_TYPE_EXT || type == BPF_PROG_TYPE_STRUCT_OPS)
		return -EOPNOTSUPP;
	int has_type = ProbeProgram(type);
	if (has_type <= 0)
		return has_type;
	int result = 0;
	for (const Hook &hook : HooksOf(type, helper)) {
		char log[4096];
		int error = Try(type, hook, {{BPF_JMP | BPF_CALL, 0, 0, 0, helper}, kExit}, log);
		bool is_refused = false;
		for (const char *said : {"unknown func ", "invalid func ", "cannot use helper "})
			is_refused |= strstr(log, said) != nullptr;
		if (!is_refused && (error == 0 || log[0] != '\0'))
			return 1;
		if (!is_refused && error != -ENOENT)
			result = error;
	}
	return result;
}

/**
 * Whether something can be made at all: 0, or a negated errno. Probes take every refusal for a no,
 * for want of privileges or of descriptors, too.
 */
int Control()
{
	Descriptor maps[2];
	for (Descriptor &map : maps) {
		map = Descriptor(bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, 4, 4, 1, nullptr));
		if (!map)
			return -errno;
	}
	char log[4096];
	return Try(BPF_PROG_TYPE_TRACEPOINT, {{}, nullptr}, {kZero, kExit}, log);
}

Napi::Value ProbeFeature(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	uint32_t kind = args.Unsigned(0);
	uint32_t type = args.Unsigned(1);
	uint32_t helper = args.Unsigned(2);
	if (!args.ok())
		return info.Env().Undefined();
	LogScope log(Addon::Of(info.Env()));
	auto program = static_cast<bpf_prog_type>(type);
	int result = kind == 1	 ? ProbeMap(static_cast<bpf_map_type>(type))
		     : kind == 0 ? ProbeProgram(program)
				 : ProbeHelper(program, static_cast<int32_t>(helper));
	int error = result == 0 ? Control() : 0;
	return Status(info.Env(), error < 0 ? error : result);
}

} // namespace

void InitFeatures(Napi::Env env, Napi::Object exports)
{
	exports["probeFeature"] = Napi::Function::New<ProbeFeature>(env, "probeFeature");
}

} // namespace snoopkit
