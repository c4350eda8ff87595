// NativeUserRing: the writing side of a user ring buffer.
#include "addon.h"

#include <memory>

#include <bpf/libbpf.h>

namespace snoopkit
{
namespace
{

class UserRing : public Wrap<UserRing>
{
public:
	struct Free {
		void operator()(user_ring_buffer *ring) const { user_ring_buffer__free(ring); }
	};
	struct State {
		std::unique_ptr<user_ring_buffer, Free> ring;
	};
	static const napi_type_tag tag;

	explicit UserRing(const Napi::CallbackInfo &info);
	void Release() override { state_.ring.reset(); }

	Napi::Value Write(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

private:
	State state_;
};

const napi_type_tag UserRing::tag = {0x3b9d6e1f52a04c87, 0xa16c0f7be4d82539};

UserRing::UserRing(const Napi::CallbackInfo &info) : Wrap(info)
{
	if (auto *state = Adopt<State>(info))
		state_ = std::move(*state);
}

Napi::Value UserRing::Write(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes bytes = args.Uint8Array(0);
	if (!args.ok())
		return info.Env().Undefined();
	if (!state_.ring)
		return Status(info.Env(), -EBADF);
	if (bytes.size > UINT32_MAX)
		return Status(info.Env(), -E2BIG);
	void *sample =
		user_ring_buffer__reserve(state_.ring.get(), static_cast<uint32_t>(bytes.size));
	if (!sample)
		return Status(info.Env(), LastError());
	memcpy(sample, bytes.data, bytes.size);
	user_ring_buffer__submit(state_.ring.get(), sample);
	return Status(info.Env(), 0);
}

Napi::Value UserRing::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

Napi::Value OpenUserRing(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	if (!args.ok())
		return info.Env().Undefined();
	LogScope log(Addon::Of(info.Env()));
	UserRing::State state;
	state.ring.reset(user_ring_buffer__new(fd, nullptr));
	if (!state.ring)
		return Status(info.Env(), LastError());
	return UserRing::Create(info.Env(), Addon::Of(info.Env())->user_ring, std::move(state));
}

} // namespace

void InitUserRing(Napi::Env env, Napi::Object exports, Addon *addon)
{
	addon->user_ring = Napi::Persistent(
		UserRing::DefineClass(env, "NativeUserRing",
				      {
					      UserRing::InstanceMethod<&UserRing::Write>("write"),
					      UserRing::InstanceMethod<&UserRing::Close>("close"),
				      }));
	exports["openUserRing"] = Napi::Function::New<OpenUserRing>(env, "openUserRing");
}

} // namespace snoopkit
