// Programs, maps, links and BTF that are loaded, by anyone: their ids, and what the kernel says.
#include "object.h"

#include <cstddef>
#include <fstream>

#include <bpf/bpf.h>
#include <bpf/btf.h>

namespace snoopkit
{
namespace
{

struct Kind {
	int (*next)(uint32_t after, uint32_t *id);
	int (*open)(uint32_t id);
	Napi::Value (*describe)(Napi::Env env, int fd);
};

Napi::Value WithMemory(Napi::Env env, int fd, Napi::Value details)
{
	if (details.IsObject())
		details.As<Napi::Object>().Set("memory", Napi::Number::New(env, MemoryOf(fd)));
	return details;
}

Napi::Value DescribeProgram(Napi::Env env, int fd)
{
	return WithMemory(env, fd, ProgramDetails(env, fd));
}

Napi::Value DescribeMap(Napi::Env env, int fd)
{
	bpf_map_info about;
	memset(&about, 0, sizeof(about));
	uint32_t length = sizeof(about);
	int error = bpf_obj_get_info_by_fd(fd, &about, &length);
	return error < 0 ? Status(env, error) : WithMemory(env, fd, MapDetails(env, about));
}

Napi::Value DescribeBtf(Napi::Env env, int fd)
{
	char name[128] = "";
	bpf_btf_info about;
	memset(&about, 0, sizeof(about));
	uint32_t length = sizeof(about);
	int error = bpf_obj_get_info_by_fd(fd, &about, &length);
	// Linux 5.10 has no names, and refuses members that it does not know, unless they are zero.
	if (error == 0 && length > offsetof(bpf_btf_info, name)) {
		memset(&about, 0, sizeof(about));
		about.name = reinterpret_cast<uintptr_t>(name);
		about.name_len = sizeof(name);
		length = sizeof(about);
		error = bpf_obj_get_info_by_fd(fd, &about, &length);
	}
	if (error < 0)
		return Status(env, error);
	Napi::Object result = Napi::Object::New(env);
	result["id"] = about.id;
	result["name"] = std::string(name, strnlen(name, sizeof(name)));
	result["size"] = about.btf_size;
	result["isKernel"] = about.kernel_btf != 0;
	return result;
}

// In the order of ObjectKind in binding.ts.
const Kind kKinds[] = {
	{bpf_prog_get_next_id, bpf_prog_get_fd_by_id, DescribeProgram},
	{bpf_map_get_next_id, bpf_map_get_fd_by_id, DescribeMap},
	{bpf_link_get_next_id, bpf_link_get_fd_by_id, LinkDetails},
	{bpf_btf_get_next_id, bpf_btf_get_fd_by_id, DescribeBtf},
};

Napi::Value NextId(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	auto kind = args.Integer(0, 0, static_cast<int64_t>(std::size(kKinds)) - 1);
	uint32_t after = args.Unsigned(1);
	if (!args.ok())
		return info.Env().Undefined();
	uint32_t id = 0;
	int error = kKinds[kind].next(after, &id);
	return Status(info.Env(), error < 0 ? error : static_cast<double>(id));
}

Napi::Value Describe(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	auto kind = args.Integer(0, 0, static_cast<int64_t>(std::size(kKinds)) - 1);
	uint32_t id = args.Unsigned(1);
	if (!args.ok())
		return info.Env().Undefined();
	Descriptor fd(kKinds[kind].open(id));
	if (!fd)
		return Status(info.Env(), LastError());
	return kKinds[kind].describe(info.Env(), fd.get());
}

} // namespace

double MemoryOf(int fd)
{
	std::ifstream file("/proc/self/fdinfo/" + std::to_string(fd));
	for (std::string word; file >> word;) {
		double bytes = 0;
		if (word == "memlock:" && file >> bytes)
			return bytes;
	}
	return 0;
}

void InitKernelObjects(Napi::Env env, Napi::Object exports)
{
	exports["nextId"] = Napi::Function::New<NextId>(env, "nextId");
	exports["describe"] = Napi::Function::New<Describe>(env, "describe");
}

} // namespace snoopkit
