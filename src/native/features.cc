// Features of the running kernel: types of programs and maps, helpers.
#include "addon.h"

#include <cstring>

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

/** What a program of the type has to say of its hook, or -ENOENT if the kernel has none. */
int Describe(bpf_prog_type type, bpf_prog_load_opts *options)
{
	const char *target = nullptr;
	if (type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR)
		options->expected_attach_type = BPF_CGROUP_INET4_CONNECT;
	else if (type == BPF_PROG_TYPE_CGROUP_SOCKOPT)
		options->expected_attach_type = BPF_CGROUP_GETSOCKOPT;
	else if (type == BPF_PROG_TYPE_SK_LOOKUP)
		options->expected_attach_type = BPF_SK_LOOKUP;
	else if (type == kNetfilter)
		options->expected_attach_type = kNetfilterHook;
	else if (type == BPF_PROG_TYPE_SYSCALL)
		options->prog_flags = BPF_F_SLEEPABLE;
	else if (type == BPF_PROG_TYPE_TRACING) {
		options->expected_attach_type = BPF_TRACE_RAW_TP;
		target = "sched_process_exit";
	} else if (type == BPF_PROG_TYPE_LSM) {
		options->expected_attach_type = BPF_LSM_MAC;
		target = "file_open";
	}
	if (!target)
		return 0;
	int id = libbpf_find_vmlinux_btf_id(target, options->expected_attach_type);
	if (id <= 0)
		return -ENOENT;
	options->attach_btf_id = static_cast<uint32_t>(id);
	return 0;
}

/** Loads a program, and unloads it. The log is the verifier's. */
template <size_t size, size_t room>
int Try(bpf_prog_type type, const bpf_insn (&code)[size], char (&log)[room])
{
	auto options = ZeroOptions<bpf_prog_load_opts>();
	int error = Describe(type, &options);
	if (error < 0)
		return error;
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
	char log[4096] = "";
	return Try(type, {kZero, kExit}, log) == 0;
}

int ProbeMap(bpf_map_type type)
{
	if (type != kArena)
		return libbpf_probe_bpf_map_type(type, nullptr);
	auto options = ZeroOptions<bpf_map_create_opts>();
	options.map_flags = BPF_F_MMAPABLE;
	int fd = bpf_map_create(type, nullptr, 0, 0, 1, &options);
	if (fd < 0)
		return 0;
	close(fd);
	return 1;
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
	char log[4096] = "";
	int error = Try(type, {{BPF_JMP | BPF_CALL, 0, 0, 0, helper}, kExit}, log);
	for (const char *said : {"unknown func ", "invalid func ", "cannot use helper "}) {
		if (strstr(log, said))
			return 0;
	}
	return error < 0 && log[0] == '\0' ? error : 1;
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
	if (kind == 1)
		return Status(info.Env(), ProbeMap(static_cast<bpf_map_type>(type)));
	auto program = static_cast<bpf_prog_type>(type);
	return Status(info.Env(), kind == 0 ? ProbeProgram(program)
					    : ProbeHelper(program, static_cast<int32_t>(helper)));
}

} // namespace

void InitFeatures(Napi::Env env, Napi::Object exports)
{
	exports["probeFeature"] = Napi::Function::New<ProbeFeature>(env, "probeFeature");
}

} // namespace snoopkit
