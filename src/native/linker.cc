// libbpf's static linker of BPF objects.
#include "addon.h"

#include <memory>
#include <vector>

#include <bpf/libbpf.h>

namespace snoopkit
{
namespace
{

int Link(const std::string &output, const std::vector<std::string> &inputs)
{
	std::unique_ptr<bpf_linker, decltype(&bpf_linker__free)> linker(
		bpf_linker__new(output.c_str(), nullptr), bpf_linker__free);
	if (!linker)
		return LastError();
	for (const std::string &input : inputs) {
		int status = bpf_linker__add_file(linker.get(), input.c_str(), nullptr);
		if (status < 0)
			return status;
	}
	return bpf_linker__finalize(linker.get());
}

Napi::Value LinkObjects(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string output = args.Text(0);
	std::vector<std::string> inputs;
	for (size_t i = 1; i < info.Length(); ++i)
		inputs.push_back(args.Text(i));
	if (!args.ok())
		return info.Env().Undefined();
	LogScope log(Addon::Of(info.Env()));
	return Status(info.Env(), Link(output, inputs));
}

} // namespace

void InitLinker(Napi::Env env, Napi::Object exports)
{
	exports["linkObjects"] = Napi::Function::New<LinkObjects>(env, "linkObjects");
}

} // namespace snoopkit
