// Attaching programs, and the links that come of it.
#include "object.h"

#include <bpf/bpf.h>
#include <unistd.h>

namespace snoopkit
{

const napi_type_tag Link::tag = {0x2c7be9140f8d4a35, 0xb1e06d5392fa4c78};

Link::Link(const Napi::CallbackInfo &info) : Wrap(info)
{
	if (auto *state = Adopt<State>(info))
		state_ = std::move(*state);
}

void Link::Release()
{
	state_.link.reset();
	state_.lender.reset();
}

Napi::Value Link::Close(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	Release();
	return info.Env().Undefined();
}

Napi::Value Link::Fd(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), state_.link ? bpf_link__fd(state_.link.get()) : -EBADF);
}

Napi::Value Link::CreateIterator(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	return Status(info.Env(),
		      state_.link ? bpf_iter_create(bpf_link__fd(state_.link.get())) : -EBADF);
}

template <typename Attacher>
Napi::Value Object::AttachWith(const Arguments &args, const std::string &name, Attacher attach)
{
	return Run(args, [&]() -> Napi::Value {
		bpf_program *program = FindProgram(name);
		if (!program)
			return Status(args.Env(), -ENOENT);
		bpf_link *link = attach(program);
		if (!link)
			return Status(args.Env(), LastError());
		Link::State state;
		state.link.reset(link);
		// SAFETY: destroying a link does not look at its object, which may be gone, save
		// for USDT: there the link gives ids back to a table that the object owns.
		if (strncmp(bpf_program__section_name(program), "usdt", 4) == 0)
			state.lender = state_.object;
		return Link::Create(args.Env(), addon_->link, std::move(state));
	});
}

Napi::Value Object::Attach(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return AttachWith(args, args.Text(0),
			  [](bpf_program *program) { return bpf_program__attach(program); });
}

Napi::Value Object::AttachPerfEvent(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int fd = args.Int(1);
	bool owned = false;
	Napi::Value value = AttachWith(args, name, [&](bpf_program *program) {
		bpf_link *link = bpf_program__attach_perf_event(program, fd);
		owned = link != nullptr;
		return link;
	});
	// libbpf takes the fd over only when it succeeds; our caller is rid of it either way.
	if (args.ok() && !owned)
		close(fd);
	return value;
}

Napi::Value Object::AttachRawTracepoint(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	std::string tracepoint = args.Text(1);
	return AttachWith(args, name, [&](bpf_program *program) {
		return bpf_program__attach_raw_tracepoint(program, tracepoint.c_str());
	});
}

Napi::Value Object::AttachKprobe(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	std::string symbol = args.Text(1);
	bool at_return = args.Flag(2);
	return AttachWith(args, name, [&](bpf_program *program) {
		return bpf_program__attach_kprobe(program, at_return, symbol.c_str());
	});
}

Napi::Value Object::AttachUprobe(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	std::string path = args.Text(1);
	std::string symbol = args.Text(2);
	auto offset = static_cast<size_t>(args.Integer(3, 0, kMaxSafeInteger));
	int pid = args.Int(4);
	bool at_return = args.Flag(5);
	return AttachWith(args, name, [&](bpf_program *program) {
		auto options = ZeroOptions<bpf_uprobe_opts>();
		options.func_name = symbol.empty() ? nullptr : symbol.c_str();
		options.retprobe = at_return;
		return bpf_program__attach_uprobe_opts(program, pid, path.c_str(), offset,
						       &options);
	});
}

Napi::Value Object::AttachCgroup(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int fd = args.Int(1);
	return AttachWith(args, name, [&](bpf_program *program) {
		return bpf_program__attach_cgroup(program, fd);
	});
}

Napi::Value Object::AttachXdp(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int ifindex = args.Int(1);
	return AttachWith(args, name, [&](bpf_program *program) {
		return bpf_program__attach_xdp(program, ifindex);
	});
}

Napi::Value Object::AttachIter(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return AttachWith(args, args.Text(0), [](bpf_program *program) {
		return bpf_program__attach_iter(program, nullptr);
	});
}

void InitLink(Napi::Env env, Addon *addon)
{
	addon->link = Napi::Persistent(Link::DefineClass(
		env, "NativeLink",
		{
			Link::InstanceMethod<&Link::Fd>("fd"),
			Link::InstanceMethod<&Link::CreateIterator>("createIterator"),
			Link::InstanceMethod<&Link::Close>("close"),
		}));
}

} // namespace snoopkit
