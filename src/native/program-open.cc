// A program that is had without its object (by its id, from a pin), and what it is attached by
// then: its descriptor alone.
#include "object.h"

#include <memory>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

Napi::Value Adopted(Napi::Env env, int fd)
{
	if (fd < 0)
		return Status(env, fd);
	Program::State state;
	state.fd = fd;
	return Program::Create(env, Addon::Of(env)->program, std::move(state));
}

Napi::Value OpenProgramById(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	uint32_t id = args.Unsigned(0);
	if (!args.ok())
		return args.Env().Undefined();
	return Adopted(args.Env(), bpf_prog_get_fd_by_id(id));
}

Napi::Value OpenPinnedProgram(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return args.Env().Undefined();
	return Adopted(args.Env(), OpenPinned(path, "anon_inode:bpf-prog"));
}

} // namespace

Napi::Value Program::LinkOf(Napi::Env env, int fd)
{
	if (fd < 0)
		return Status(env, fd);
	Link::State state;
	state.fd = Descriptor(fd);
	return Link::Create(env, Addon::Of(env)->link, std::move(state));
}

int Program::LinkPerfEvent(int program, int event)
{
	int fd = bpf_link_create(program, event, BPF_PERF_EVENT, nullptr);
	// Before Linux 5.15 the event itself keeps the program.
	if (fd == -EINVAL) {
		if (ioctl(event, PERF_EVENT_IOC_SET_BPF, program) < 0)
			return -errno;
		fd = fcntl(event, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return -errno;
	}
	if (fd >= 0 && ioctl(event, PERF_EVENT_IOC_ENABLE, 0) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

// What the kernel runs, or what the verifier has left of the BPF code.
Napi::Value Program::Code(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	bool is_jited = args.Flag(0);
	Napi::Env env = args.Env();
	if (!args.ok())
		return env.Undefined();
	if (state_.fd < 0)
		return Status(env, -EBADF);
	bpf_prog_info about;
	memset(&about, 0, sizeof(about));
	int status = ReadProgram(state_.fd, &about);
	if (status < 0)
		return Status(env, status);
	uint32_t size = is_jited ? about.jited_prog_len : about.xlated_prog_len;
	if (size == 0)
		return Status(env, -ENOENT);
	auto bytes = Napi::Uint8Array::New(env, size);
	auto address = reinterpret_cast<uintptr_t>(bytes.Data());
	memset(&about, 0, sizeof(about));
	if (is_jited) {
		about.jited_prog_insns = address;
		about.jited_prog_len = size;
	} else {
		about.xlated_prog_insns = address;
		about.xlated_prog_len = size;
	}
	status = ReadProgram(state_.fd, &about);
	if (status < 0)
		return Status(env, status);
	// The kernel clears the address of what it withholds.
	uint64_t given = is_jited ? about.jited_prog_insns : about.xlated_prog_insns;
	return given == 0 ? Status(env, -EPERM) : Napi::Value(bytes);
}

// Where the code comes from: its functions and lines, and the BTF that these refer to.
Napi::Value Program::Origin(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (state_.fd < 0)
		return Status(env, -EBADF);
	bpf_prog_info about;
	memset(&about, 0, sizeof(about));
	int status = ReadProgram(state_.fd, &about);
	if (status < 0)
		return Status(env, status);
	if (about.btf_id == 0)
		return Status(env, -ENOENT);
	auto functions = Napi::Uint8Array::New(env, about.nr_func_info * sizeof(bpf_func_info));
	auto lines = Napi::Uint8Array::New(env, about.nr_line_info * sizeof(bpf_line_info));
	bpf_prog_info again;
	memset(&again, 0, sizeof(again));
	again.nr_func_info = about.nr_func_info;
	again.func_info_rec_size = sizeof(bpf_func_info);
	again.func_info = reinterpret_cast<uintptr_t>(functions.Data());
	again.nr_line_info = about.nr_line_info;
	again.line_info_rec_size = sizeof(bpf_line_info);
	again.line_info = reinterpret_cast<uintptr_t>(lines.Data());
	status = ReadProgram(state_.fd, &again);
	if (status < 0)
		return Status(env, status);
	LogScope log(addon_);
	std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_from_kernel_by_id(about.btf_id),
							 btf__free);
	if (!types)
		return Status(env, LastError());
	uint32_t size = 0;
	auto bytes = static_cast<const uint8_t *>(btf__raw_data(types.get(), &size));
	Napi::Object result = Napi::Object::New(env);
	result["functions"] = functions;
	result["lines"] = lines;
	result["btf"] = Napi::Buffer<uint8_t>::Copy(env, bytes, size);
	return result;
}

void InitProgramOpen(Napi::Env env, Napi::Object exports)
{
	exports["openProgramById"] = Napi::Function::New<OpenProgramById>(env, "openProgramById");
	exports["openPinnedProgram"] =
		Napi::Function::New<OpenPinnedProgram>(env, "openPinnedProgram");
}

} // namespace snoopkit
