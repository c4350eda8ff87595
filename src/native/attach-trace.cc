// Attaching a program to what happens in the kernel or a process, by libbpf.
#include "object.h"

#include <algorithm>

#include <bpf/bpf.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

/** The strings of an array, as libbpf takes them. */
class Texts
{
public:
	Texts(Arguments &args, size_t index) : texts_(args.Texts(index))
	{
		for (const std::string &text : texts_)
			pointers_.push_back(text.c_str());
	}
	const char **data() { return pointers_.empty() ? nullptr : pointers_.data(); }
	size_t size() const { return pointers_.size(); }

private:
	std::vector<std::string> texts_;
	std::vector<const char *> pointers_;
};

} // namespace

template <typename Attacher> Napi::Value Program::AttachWith(const Arguments &args, Attacher attach)
{
	if (!args.ok())
		return args.Env().Undefined();
	if (state_.fd < 0)
		return Status(args.Env(), -EBADF);
	// SAFETY: libbpf's log calls JavaScript in the midst of it, which may close us.
	std::shared_ptr<bpf_object> lender = state_.lender;
	bpf_program *program = state_.program;
	if (!program)
		return Status(args.Env(), -EOPNOTSUPP);
	bpf_prog_type type = bpf_program__type(program);
	LogScope log(addon_);
	Link::State state;
	state.link.reset(attach(program));
	if (!state.link)
		return Status(args.Env(), LastError());
	// SAFETY: destroying a link does not look at its object, which may be gone, save
	// for USDT: there the link gives ids back to a table that the object owns. Any kprobe
	// program can be on USDT.
	if (type == BPF_PROG_TYPE_KPROBE)
		state.lender = std::move(lender);
	return Link::Create(args.Env(), addon_->link, std::move(state));
}

template <typename Attacher, typename Creator>
Napi::Value Program::AttachEither(const Arguments &args, Attacher attach, Creator create)
{
	bool is_alone = args.ok() && state_.fd >= 0 && !state_.program;
	return is_alone ? LinkOf(args.Env(), create(state_.fd)) : AttachWith(args, attach);
}

Napi::Value Program::Attach(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return AttachWith(args, [](bpf_program *program) { return bpf_program__attach(program); });
}

Napi::Value Program::AttachPerfEvent(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	// SAFETY: not passed through JavaScript, where a worker may be terminated at any point.
	Descriptor event(OpenPerfEvent(&args));
	if (args.ok() && !event)
		return Status(info.Env(), event.get());
	auto attach = [&](bpf_program *program) {
		bpf_link *link = bpf_program__attach_perf_event(program, event.get());
		if (link)
			event.Give();
		return link;
	};
	return AttachEither(args, attach,
			    [&](int program) { return LinkPerfEvent(program, event.get()); });
}

Napi::Value Program::AttachRawTracepoint(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string tracepoint = args.Text(0);
	auto attach = [&](bpf_program *program) {
		return bpf_program__attach_raw_tracepoint(program, tracepoint.c_str());
	};
	return AttachEither(args, attach, [&](int program) {
		return bpf_raw_tracepoint_open(tracepoint.c_str(), program);
	});
}

Napi::Value Program::AttachKprobe(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string symbol = args.Text(0);
	bool at_return = args.Flag(1);
	return AttachWith(args, [&](bpf_program *program) {
		return bpf_program__attach_kprobe(program, at_return, symbol.c_str());
	});
}

Napi::Value Program::AttachUprobe(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	std::string symbol = args.Text(1);
	auto offset = static_cast<size_t>(args.Integer(2, 0, kMaxSafeInteger));
	int pid = args.Int(3);
	bool at_return = args.Flag(4);
	return AttachWith(args, [&](bpf_program *program) {
		auto options = ZeroOptions<bpf_uprobe_opts>();
		options.func_name = symbol.empty() ? nullptr : symbol.c_str();
		options.retprobe = at_return;
		return bpf_program__attach_uprobe_opts(program, pid, path.c_str(), offset,
						       &options);
	});
}

Napi::Value Program::AttachKprobes(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string pattern = args.Text(0);
	Texts symbols(args, 1);
	bool at_return = args.Flag(2);
	return AttachWith(args, [&](bpf_program *program) {
		auto options = ZeroOptions<bpf_kprobe_multi_opts>();
		options.syms = symbols.data();
		options.cnt = symbols.size();
		options.retprobe = at_return;
		return bpf_program__attach_kprobe_multi_opts(
			program, symbols.size() ? nullptr : pattern.c_str(), &options);
	});
}

Napi::Value Program::AttachUprobes(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	std::string pattern = args.Text(1);
	Texts symbols(args, 2);
	int pid = args.Int(3);
	bool at_return = args.Flag(4);
	return AttachWith(args, [&](bpf_program *program) -> bpf_link * {
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 3
		auto options = ZeroOptions<bpf_uprobe_multi_opts>();
		options.syms = symbols.data();
		options.cnt = symbols.size();
		options.retprobe = at_return;
		return bpf_program__attach_uprobe_multi(program, pid, path.c_str(),
							symbols.size() ? nullptr : pattern.c_str(),
							&options);
#else
		(void)program, (void)pid, (void)at_return;
		errno = ENOSYS;
		return nullptr;
#endif
	});
}

Napi::Value Program::AttachUsdt(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	std::string provider = args.Text(1);
	std::string name = args.Text(2);
	int pid = args.Int(3);
	return AttachWith(args, [&](bpf_program *program) {
		return bpf_program__attach_usdt(program, pid, path.c_str(), provider.c_str(),
						name.c_str(), nullptr);
	});
}

Napi::Value Program::AttachTrace(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return AttachEither(
		args, [](bpf_program *program) { return bpf_program__attach_trace(program); },
		[](int program) { return bpf_raw_tracepoint_open(nullptr, program); });
}

Napi::Value Program::AttachFreplace(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int target = args.Int(0);
	std::string function = args.Text(1);
	return AttachWith(args, [&](bpf_program *program) {
		return bpf_program__attach_freplace(program, target, function.c_str());
	});
}

Napi::Value Program::AttachIter(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes given = args.Uint8Array(0);
	bpf_iter_link_info about;
	memset(&about, 0, sizeof(about));
	if (args.ok())
		memcpy(&about, given.data, std::min(given.size, sizeof(about)));
	auto attach = [&](bpf_program *program) {
		auto options = ZeroOptions<bpf_iter_attach_opts>();
		options.link_info = &about;
		options.link_info_len = sizeof(about);
		return bpf_program__attach_iter(program, given.size ? &options : nullptr);
	};
	return AttachEither(args, attach, [&](int program) {
		auto options = ZeroOptions<bpf_link_create_opts>();
		options.iter_info = given.size ? &about : nullptr;
		options.iter_info_len = given.size ? sizeof(about) : 0;
		return bpf_link_create(program, 0, BPF_TRACE_ITER, &options);
	});
}

} // namespace snoopkit
