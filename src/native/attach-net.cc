// Attaching a program to sockets, interfaces, cgroups, network namespaces and maps.
#include "object.h"

#include <bpf/bpf.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68
#endif

namespace snoopkit
{
namespace
{

int Result(int status)
{
	return status < 0 ? -errno : status;
}

/** By BPF_PROG_ATTACH to a cgroup or a map, until it is detached. */
class TargetAttachment : public Attachment
{
public:
	TargetAttachment(Descriptor program, int target, bpf_attach_type type, uint32_t flags)
	    : program_(std::move(program)), target_(Descriptor::Duplicate(target)), type_(type),
	      flags_(flags)
	{
	}
	~TargetAttachment() override
	{
		if (attached_)
			bpf_prog_detach2(program_.get(), target_.get(), type_);
	}
	int Attach() override
	{
		if (!target_)
			return LastError();
		int error = bpf_prog_attach(program_.get(), target_.get(), type_, flags_);
		attached_ = error == 0;
		return error;
	}
	int Update(Descriptor program) override
	{
		auto options = ZeroOptions<struct bpf_prog_attach_opts>();
		// Where several programs can be, the kernel has to be told which one goes.
		if (flags_ & BPF_F_ALLOW_MULTI) {
			options.flags = flags_ | BPF_F_REPLACE;
			options.replace_prog_fd = program_.get();
		} else {
			options.flags = flags_;
		}
		int error = bpf_prog_attach_opts(program.get(), target_.get(), type_, &options);
		if (error == 0)
			program_ = std::move(program);
		return error;
	}

private:
	Descriptor program_;
	Descriptor target_;
	bpf_attach_type type_;
	uint32_t flags_;
	bool attached_ = false;
};

/** To a socket. A descriptor of ours would keep it open, so its number and cookie are kept. */
class SocketAttachment : public Attachment
{
public:
	SocketAttachment(Descriptor program, int socket, bool is_reuseport)
	    : program_(std::move(program)), socket_(socket), is_reuseport_(is_reuseport)
	{
	}
	~SocketAttachment() override
	{
		int unused = 0;
		if (cookie_ && Cookie() == cookie_)
			setsockopt(socket_, SOL_SOCKET,
				   is_reuseport_ ? SO_DETACH_REUSEPORT_BPF : SO_DETACH_BPF, &unused,
				   sizeof(unused));
	}
	int Attach() override
	{
		int error = Set(program_.get());
		cookie_ = error == 0 ? Cookie() : 0;
		return error;
	}
	int Update(Descriptor program) override
	{
		if (Cookie() != cookie_)
			return -EBADF;
		return Set(program.get());
	}

private:
	int Set(int program) const
	{
		return Result(setsockopt(socket_, SOL_SOCKET,
					 is_reuseport_ ? SO_ATTACH_REUSEPORT_EBPF : SO_ATTACH_BPF,
					 &program, sizeof(program)));
	}
	uint64_t Cookie() const
	{
		uint64_t cookie = 0;
		socklen_t length = sizeof(cookie);
		getsockopt(socket_, SOL_SOCKET, SO_COOKIE, &cookie, &length);
		return cookie;
	}

	Descriptor program_;
	int socket_;
	bool is_reuseport_;
	uint64_t cookie_ = 0;
};

/** XDP by netlink, which replaces another program that came that way. */
class XdpAttachment : public Attachment
{
public:
	XdpAttachment(Descriptor program, int interface, uint32_t flags)
	    : program_(std::move(program)), interface_(interface), flags_(flags)
	{
	}
	~XdpAttachment() override
	{
		// Nothing is detached if another program has taken this one's place.
		if (attached_)
			Replace(-1);
	}
	int Attach() override
	{
		int error = bpf_xdp_attach(interface_, program_.get(), flags_, nullptr);
		attached_ = error == 0;
		return error;
	}
	int Update(Descriptor program) override
	{
		int error = Replace(program.get());
		if (error == 0)
			program_ = std::move(program);
		return error;
	}

private:
	int Replace(int program) const
	{
		// In place: a copy so small is made member by member, and libbpf wants zeros in
		// the padding, too.
		struct bpf_xdp_attach_opts options;
		memset(&options, 0, sizeof(options));
		options.sz = sizeof(options);
		options.old_prog_fd = program_.get();
		return bpf_xdp_attach(interface_, program, flags_, &options);
	}

	Descriptor program_;
	int interface_;
	uint32_t flags_;
	bool attached_ = false;
};

/** A filter of a clsact queue discipline, which is made if it is missing, and stays. */
class TcAttachment : public Attachment
{
public:
	TcAttachment(Descriptor program, int interface, bool is_ingress, uint32_t priority,
		     uint32_t handle)
	    : program_(std::move(program)), hook_(ZeroOptions<bpf_tc_hook>()), priority_(priority),
	      handle_(handle)
	{
		hook_.ifindex = interface;
		hook_.attach_point = is_ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
	}
	~TcAttachment() override
	{
		bpf_tc_opts options = Options();
		if (attached_)
			bpf_tc_detach(&hook_, &options);
	}
	int Attach() override
	{
		int error = bpf_tc_hook_create(&hook_);
		if (error < 0 && error != -EEXIST)
			return error;
		bpf_tc_opts options = Options();
		options.prog_fd = program_.get();
		error = bpf_tc_attach(&hook_, &options);
		attached_ = error == 0;
		priority_ = options.priority;
		handle_ = options.handle;
		return error;
	}
	int Update(Descriptor program) override
	{
		bpf_tc_opts options = Options();
		options.prog_fd = program.get();
		options.flags = BPF_TC_F_REPLACE;
		return bpf_tc_attach(&hook_, &options);
	}

private:
	bpf_tc_opts Options() const
	{
		auto options = ZeroOptions<bpf_tc_opts>();
		options.priority = priority_;
		options.handle = handle_;
		return options;
	}

	Descriptor program_;
	bpf_tc_hook hook_;
	uint32_t priority_;
	uint32_t handle_;
	bool attached_ = false;
};

/** BPF_LINK_CREATE for a netfilter program: libbpf has it since 1.3 only. */
struct NetfilterLink {
	uint32_t program;
	uint32_t target;
	uint32_t attach_type;
	uint32_t flags;
	uint32_t family;
	uint32_t hook;
	int32_t priority;
	uint32_t netfilter_flags;
};
constexpr uint32_t kNetfilter = 45;

} // namespace

template <typename Creator>
Napi::Value Program::LinkWith(const Arguments &args, Creator create) const
{
	if (!args.ok())
		return args.Env().Undefined();
	if (state_.fd < 0)
		return Status(args.Env(), -EBADF);
	Link::State state;
	int fd = create(state_.fd);
	if (fd < 0)
		return Status(args.Env(), fd);
	state.fd = Descriptor(fd);
	return Link::Create(args.Env(), addon_->link, std::move(state));
}

template <typename Maker> Napi::Value Program::KeepWith(const Arguments &args, Maker make) const
{
	if (!args.ok())
		return args.Env().Undefined();
	if (state_.fd < 0)
		return Status(args.Env(), -EBADF);
	// SAFETY: libbpf's log calls JavaScript in the midst of it, which may close us.
	Descriptor program = Descriptor::Duplicate(state_.fd);
	if (!program)
		return Status(args.Env(), LastError());
	LogScope log(addon_);
	Link::State state;
	state.attachment = make(std::move(program));
	int error = state.attachment->Attach();
	if (error < 0)
		return Status(args.Env(), error);
	return Link::Create(args.Env(), addon_->link, std::move(state));
}

Napi::Value Program::CreateLink(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int target = args.Int(0);
	auto type = static_cast<bpf_attach_type>(args.Unsigned(1));
	uint32_t flags = args.Unsigned(2);
	return LinkWith(args, [&](int program) {
		auto options = ZeroOptions<bpf_link_create_opts>();
		options.flags = flags;
		return bpf_link_create(program, target, type, &options);
	});
}

Napi::Value Program::AttachNetfilter(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	NetfilterLink link;
	memset(&link, 0, sizeof(link));
	link.attach_type = kNetfilter;
	link.family = args.Unsigned(0);
	link.hook = args.Unsigned(1);
	link.priority = args.Int(2);
	link.netfilter_flags = args.Unsigned(3);
	return LinkWith(args, [&](int program) {
		link.program = static_cast<uint32_t>(program);
		return Result(
			static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link))));
	});
}

Napi::Value Program::AttachTarget(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int target = args.Int(0);
	auto type = static_cast<bpf_attach_type>(args.Unsigned(1));
	uint32_t flags = args.Unsigned(2);
	return KeepWith(args, [&](Descriptor program) {
		return std::make_unique<TargetAttachment>(std::move(program), target, type, flags);
	});
}

Napi::Value Program::AttachSocket(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int socket = args.Int(0);
	bool is_reuseport = args.Flag(1);
	return KeepWith(args, [&](Descriptor program) {
		return std::make_unique<SocketAttachment>(std::move(program), socket, is_reuseport);
	});
}

Napi::Value Program::ReplaceXdp(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int interface = args.Int(0);
	uint32_t flags = args.Unsigned(1);
	return KeepWith(args, [&](Descriptor program) {
		return std::make_unique<XdpAttachment>(std::move(program), interface, flags);
	});
}

Napi::Value Program::AttachTc(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int interface = args.Int(0);
	bool is_ingress = args.Flag(1);
	uint32_t priority = args.Unsigned(2);
	uint32_t handle = args.Unsigned(3);
	return KeepWith(args, [&](Descriptor program) {
		return std::make_unique<TcAttachment>(std::move(program), interface, is_ingress,
						      priority, handle);
	});
}

Napi::Value Program::AttachNetlink(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	uint32_t type = args.Unsigned(0);
	Bytes body = args.Uint8Array(1);
	int clsact = args.Int(2);
	if (args.ok() && (body.size < kNetlinkTailSize || body.size % 4))
		return Status(info.Env(), -EINVAL);
	return KeepWith(args, [&](Descriptor program) {
		return AttachByNetlink(std::move(program), type, body.data, body.size, clsact);
	});
}

} // namespace snoopkit
