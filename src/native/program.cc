// A program of a loaded object: its descriptor, what the kernel knows of it, and running it.
#include "object.h"

#include <algorithm>
#include <vector>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

namespace snoopkit
{

const napi_type_tag Program::tag = {0x61f0c8a2d95e4b37, 0xd20b7e4f19a63c85};

Program::Program(const Napi::CallbackInfo &info) : Wrap(info)
{
	if (auto *state = Adopt<State>(info))
		state_ = std::move(*state);
}

Napi::Value Program::Open(Napi::Env env, Addon *addon, std::shared_ptr<bpf_object> lender,
			  bpf_program *program)
{
	int fd = bpf_program__fd(program);
	if (fd < 0)
		return Status(env, -EINVAL);
	State state{std::move(lender), program, fcntl(fd, F_DUPFD_CLOEXEC, 3)};
	if (state.fd < 0)
		return Status(env, LastError());
	return Create(env, addon->program, std::move(state));
}

void Program::Release()
{
	if (state_.fd >= 0)
		close(std::exchange(state_.fd, -1));
	state_.lender.reset();
}

Napi::Value Program::Close(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	Release();
	return info.Env().Undefined();
}

Napi::Value Program::Fd(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), state_.fd < 0 ? -EBADF : state_.fd);
}

Napi::Value Program::Misses(const Napi::CallbackInfo &info)
{
	if (state_.fd < 0)
		return Status(info.Env(), -EBADF);
	bpf_prog_info about;
	memset(&about, 0, sizeof(about));
	int error = ReadProgram(state_.fd, &about);
	return Status(info.Env(), error < 0 ? error : static_cast<double>(about.recursion_misses));
}

int ReadProgram(int fd, bpf_prog_info *about)
{
	uint32_t length = sizeof(*about);
	return bpf_obj_get_info_by_fd(fd, about, &length);
}

Napi::Value ProgramDetails(Napi::Env env, int fd)
{
	bpf_prog_info about;
	memset(&about, 0, sizeof(about));
	int error = ReadProgram(fd, &about);
	if (error < 0)
		return Status(env, error);
	std::vector<uint32_t> maps(about.nr_map_ids);
	std::vector<uint64_t> addresses(about.nr_jited_ksyms);
	std::vector<uint32_t> sizes(about.nr_jited_func_lens);
	bpf_prog_info again;
	memset(&again, 0, sizeof(again));
	again.nr_map_ids = static_cast<uint32_t>(maps.size());
	again.map_ids = reinterpret_cast<uintptr_t>(maps.data());
	again.nr_jited_ksyms = static_cast<uint32_t>(addresses.size());
	again.jited_ksyms = reinterpret_cast<uintptr_t>(addresses.data());
	again.nr_jited_func_lens = static_cast<uint32_t>(sizes.size());
	again.jited_func_lens = reinterpret_cast<uintptr_t>(sizes.data());
	error = ReadProgram(fd, &again);
	if (error < 0)
		return Status(env, error);
	Napi::Array ids = Napi::Array::New(env);
	for (uint32_t id : maps)
		ids[ids.Length()] = id;
	Napi::Array functions = Napi::Array::New(env);
	for (size_t i = 0; i < std::min(addresses.size(), sizes.size()); i++) {
		// Hidden, or of a kernel that interprets programs.
		if (addresses[i] == 0)
			continue;
		Napi::Object function = Napi::Object::New(env);
		function["address"] = Napi::BigInt::New(env, addresses[i]);
		function["size"] = sizes[i];
		functions[functions.Length()] = function;
	}
	Napi::Object result = Napi::Object::New(env);
	result["id"] = about.id;
	result["type"] = about.type;
	result["name"] = std::string(about.name, strnlen(about.name, sizeof(about.name)));
	result["tag"] = Napi::Buffer<uint8_t>::Copy(env, about.tag, sizeof(about.tag));
	result["loadTime"] = Napi::BigInt::New(env, static_cast<uint64_t>(about.load_time));
	result["uid"] = about.created_by_uid;
	result["mapIds"] = ids;
	result["functions"] = functions;
	result["runTime"] = Napi::BigInt::New(env, static_cast<uint64_t>(about.run_time_ns));
	result["runCount"] = Napi::BigInt::New(env, static_cast<uint64_t>(about.run_cnt));
	result["jitedSize"] = about.jited_prog_len;
	result["translatedSize"] = about.xlated_prog_len;
	result["misses"] = Napi::BigInt::New(env, static_cast<uint64_t>(about.recursion_misses));
	result["verifiedInstructions"] = about.verified_insns;
	return result;
}

Napi::Value Program::Memory(const Napi::CallbackInfo &info)
{
	return Napi::Number::New(info.Env(), state_.fd < 0 ? -EBADF : MemoryOf(state_.fd));
}

Napi::Value Program::Info(const Napi::CallbackInfo &info)
{
	return state_.fd < 0 ? Status(info.Env(), -EBADF) : ProgramDetails(info.Env(), state_.fd);
}

Napi::Value Program::Pin(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return info.Env().Undefined();
	return Status(info.Env(), state_.fd < 0 ? -EBADF : bpf_obj_pin(state_.fd, path.c_str()));
}

Napi::Value Program::Run(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Napi::Env env = info.Env();
	Bytes data = args.Uint8Array(0);
	Bytes context = args.Uint8Array(1);
	Bytes data_out = args.Uint8Array(2);
	Bytes context_out = args.Uint8Array(3);
	int repeat = args.Int(4);
	uint32_t cpu = args.Unsigned(5);
	uint32_t flags = args.Unsigned(6);
	if (!args.ok())
		return env.Undefined();
	if (state_.fd < 0)
		return Status(env, -EBADF);
	auto at = [](const Bytes &bytes) { return bytes.size ? bytes.data : nullptr; };
	auto options = ZeroOptions<bpf_test_run_opts>();
	options.data_in = at(data);
	options.data_size_in = static_cast<uint32_t>(data.size);
	options.data_out = at(data_out);
	options.data_size_out = static_cast<uint32_t>(data_out.size);
	options.ctx_in = at(context);
	options.ctx_size_in = static_cast<uint32_t>(context.size);
	options.ctx_out = at(context_out);
	options.ctx_size_out = static_cast<uint32_t>(context_out.size);
	options.repeat = repeat;
	options.cpu = cpu;
	options.flags = flags;
	int error = bpf_prog_test_run_opts(state_.fd, &options);
	if (error < 0)
		return Status(env, error);
	Napi::Object result = Napi::Object::New(env);
	result["ret"] = options.retval;
	result["duration"] = options.duration;
	result["dataSize"] = options.data_size_out;
	result["contextSize"] = options.ctx_size_out;
	return result;
}

void InitProgram(Napi::Env env, Addon *addon)
{
	addon->program = Napi::Persistent(Program::DefineClass(
		env, "NativeProgram",
		{
			Program::InstanceMethod<&Program::Fd>("fd"),
			Program::InstanceMethod<&Program::Misses>("misses"),
			Program::InstanceMethod<&Program::Info>("info"),
			Program::InstanceMethod<&Program::Pin>("pin"),
			Program::InstanceMethod<&Program::Run>("run"),
			Program::InstanceMethod<&Program::Code>("code"),
			Program::InstanceMethod<&Program::Memory>("memory"),
			Program::InstanceMethod<&Program::Origin>("origin"),
			Program::InstanceMethod<&Program::Attach>("attach"),
			Program::InstanceMethod<&Program::AttachPerfEvent>("attachPerfEvent"),
			Program::InstanceMethod<&Program::AttachRawTracepoint>(
				"attachRawTracepoint"),
			Program::InstanceMethod<&Program::AttachKprobe>("attachKprobe"),
			Program::InstanceMethod<&Program::AttachKprobes>("attachKprobes"),
			Program::InstanceMethod<&Program::AttachUprobe>("attachUprobe"),
			Program::InstanceMethod<&Program::AttachUprobes>("attachUprobes"),
			Program::InstanceMethod<&Program::AttachUsdt>("attachUsdt"),
			Program::InstanceMethod<&Program::AttachTrace>("attachTrace"),
			Program::InstanceMethod<&Program::AttachFreplace>("attachFreplace"),
			Program::InstanceMethod<&Program::AttachIter>("attachIter"),
			Program::InstanceMethod<&Program::CreateLink>("createLink"),
			Program::InstanceMethod<&Program::AttachNetfilter>("attachNetfilter"),
			Program::InstanceMethod<&Program::AttachTarget>("attachTarget"),
			Program::InstanceMethod<&Program::AttachSocket>("attachSocket"),
			Program::InstanceMethod<&Program::ReplaceXdp>("replaceXdp"),
			Program::InstanceMethod<&Program::AttachTc>("attachTc"),
			Program::InstanceMethod<&Program::AttachNetlink>("attachNetlink"),
			Program::InstanceMethod<&Program::Close>("close"),
		}));
}

} // namespace snoopkit
