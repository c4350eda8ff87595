// libbpf's C dump of BTF.
#include "addon.h"

#include <memory>

#include <bpf/btf.h>

namespace snoopkit
{
namespace
{

void Append(void *text, const char *format, va_list arguments)
{
	AppendFormatted(static_cast<std::string *>(text), format, arguments);
}

int Dump(const std::string &path, std::string *text)
{
	std::unique_ptr<btf, decltype(&btf__free)> types(btf__parse(path.c_str(), nullptr),
							 btf__free);
	if (!types)
		return LastError();
	std::unique_ptr<btf_dump, decltype(&btf_dump__free)> dump(
		btf_dump__new(types.get(), Append, text, nullptr), btf_dump__free);
	if (!dump)
		return LastError();
	uint32_t count = btf__type_cnt(types.get());
	for (uint32_t id = 1; id < count; ++id) {
		int status = btf_dump__dump_type(dump.get(), id);
		if (status < 0)
			return status;
	}
	return 0;
}

Napi::Value DumpBtf(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return info.Env().Undefined();
	LogScope log(Addon::Of(info.Env()));
	std::string text;
	int status = Dump(path, &text);
	if (status < 0)
		return Status(info.Env(), status);
	return Napi::String::New(info.Env(), text);
}

} // namespace

void InitBtf(Napi::Env env, Napi::Object exports)
{
	exports["dumpBtf"] = Napi::Function::New<DumpBtf>(env, "dumpBtf");
}

} // namespace snoopkit
