// A program's link to its hook.
#include "object.h"

#include <bpf/bpf.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

/**
 * struct bpf_link_info up to Linux 6.18, of which the system's header may have less. The kernel
 * takes more bytes than it knows, if they are zero.
 */
struct LinkInfo {
	uint32_t type;
	uint32_t id;
	uint32_t program;
	uint32_t padding;
	// Of a perf event, whose kind comes first; else of the link's own type.
	union {
		struct {
			uint64_t text;
			uint32_t size;
		} name;
		struct {
			uint32_t kind;
			uint32_t padding;
			uint64_t text;
			uint32_t size;
		} perf;
		uint8_t bytes[112];
	};
};
constexpr uint32_t kRawTracepoint = 1;
constexpr uint32_t kIterator = 4;
constexpr uint32_t kPerfEvent = 7;

int ReadInfo(int fd, LinkInfo *about)
{
	uint32_t length = sizeof(*about);
	return bpf_obj_get_info_by_fd(fd, about, &length);
}

Napi::Value OpenLink(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return info.Env().Undefined();
	Link::State state;
	state.fd = Descriptor(bpf_obj_get(path.c_str()));
	if (!state.fd)
		return Status(info.Env(), LastError());
	return Link::Create(info.Env(), Addon::Of(info.Env())->link, std::move(state));
}

Napi::Value OpenLinkById(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	uint32_t id = args.Unsigned(0);
	if (!args.ok())
		return info.Env().Undefined();
	Link::State state;
	state.fd = Descriptor(bpf_link_get_fd_by_id(id));
	if (!state.fd)
		return Status(info.Env(), LastError());
	return Link::Create(info.Env(), Addon::Of(info.Env())->link, std::move(state));
}

} // namespace

const napi_type_tag Link::tag = {0x2c7be9140f8d4a35, 0xb1e06d5392fa4c78};

Link::Link(const Napi::CallbackInfo &info) : Wrap(info)
{
	if (auto *state = Adopt<State>(info))
		state_ = std::move(*state);
}

void Link::Release()
{
	state_.link.reset();
	state_.fd = Descriptor();
	state_.attachment.reset();
	state_.lender.reset();
	state_.is_map = false;
}

Napi::Value Link::Close(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	Release();
	return info.Env().Undefined();
}

int Link::LinkFd() const
{
	if (state_.attachment || state_.is_map)
		return -EOPNOTSUPP;
	if (state_.link)
		return bpf_link__fd(state_.link.get());
	return state_.fd ? state_.fd.get() : -EBADF;
}

Napi::Value Link::Fd(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), LinkFd());
}

Napi::Value Link::CreateIterator(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	int fd = LinkFd();
	return Status(info.Env(), fd < 0 ? fd : bpf_iter_create(fd));
}

Napi::Value Link::Pin(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return info.Env().Undefined();
	int fd = LinkFd();
	return Status(info.Env(), fd < 0 ? fd : bpf_obj_pin(fd, path.c_str()));
}

Napi::Value Link::Update(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int program = args.Int(0);
	if (!args.ok())
		return info.Env().Undefined();
	LogScope log(addon_);
	if (state_.attachment) {
		Descriptor own = Descriptor::Duplicate(program);
		// SAFETY: libbpf's log calls JavaScript in the midst of it, which may close us.
		std::shared_ptr<Attachment> attachment = state_.attachment;
		return Status(info.Env(), own ? attachment->Update(std::move(own)) : LastError());
	}
	int fd = LinkFd();
	return Status(info.Env(), fd < 0 ? fd : bpf_link_update(fd, program, nullptr));
}

Napi::Value Link::Detach(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	if (state_.attachment || state_.is_map) {
		Release();
		return Status(info.Env(), 0);
	}
	int fd = LinkFd();
	return Status(info.Env(), fd < 0 ? fd : bpf_link_detach(fd));
}

Napi::Value LinkDetails(Napi::Env env, int fd)
{
	LinkInfo about;
	memset(&about, 0, sizeof(about));
	int error = ReadInfo(fd, &about);
	if (error < 0)
		return Status(env, error);
	// The name is written only on request.
	char name[4096] = "";
	LinkInfo named;
	memset(&named, 0, sizeof(named));
	bool is_perf = about.type == kPerfEvent;
	if (is_perf) {
		named.perf.text = reinterpret_cast<uintptr_t>(name);
		named.perf.size = sizeof(name);
	} else {
		named.name.text = reinterpret_cast<uintptr_t>(name);
		named.name.size = sizeof(name);
	}
	bool has_name = is_perf || about.type == kRawTracepoint || about.type == kIterator;
	if (has_name)
		ReadInfo(fd, &named);
	Napi::Object result = Napi::Object::New(env);
	result["type"] = about.type;
	result["id"] = about.id;
	result["programId"] = about.program;
	result["bytes"] = Napi::Buffer<uint8_t>::Copy(env, about.bytes, sizeof(about.bytes));
	result["name"] = std::string(name, strnlen(name, sizeof(name)));
	return result;
}

Napi::Value Link::Info(const Napi::CallbackInfo &info)
{
	int fd = LinkFd();
	return fd < 0 ? Status(info.Env(), fd) : LinkDetails(info.Env(), fd);
}

void InitLink(Napi::Env env, Napi::Object exports, Addon *addon)
{
	addon->link = Napi::Persistent(Link::DefineClass(
		env, "NativeLink",
		{
			Link::InstanceMethod<&Link::Fd>("fd"),
			Link::InstanceMethod<&Link::CreateIterator>("createIterator"),
			Link::InstanceMethod<&Link::Pin>("pin"),
			Link::InstanceMethod<&Link::Update>("update"),
			Link::InstanceMethod<&Link::Detach>("detach"),
			Link::InstanceMethod<&Link::Info>("info"),
			Link::InstanceMethod<&Link::Close>("close"),
		}));
	exports["openLink"] = Napi::Function::New<OpenLink>(env, "openLink");
	exports["openLinkById"] = Napi::Function::New<OpenLinkById>(env, "openLinkById");
}

} // namespace snoopkit
