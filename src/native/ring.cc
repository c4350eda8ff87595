// NativeRing: the reading side of a ring buffer, and waiting for it in the event loop.
#include "addon.h"

#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include "mapping.h"

namespace snoopkit
{
namespace
{

class Ring;

/**
 * The ring's fd in the event loop.
 * SAFETY: libuv uses the handle until its close callback ran, which can be after the Ring and its
 * JavaScript object are gone: so it has an allocation of its own, which only that callback frees.
 */
struct Poll {
	static int Open(Napi::Env env, int fd, Ring *ring, Poll **result);
	struct Close {
		void operator()(Poll *poll) const;
	};

	uv_poll_t handle;
	int fd;
	Addon *addon;
	Ring *ring;
};

class Ring : public Wrap<Ring>
{
public:
	struct State {
		std::unique_ptr<Mapping> mapping;
		std::unique_ptr<Poll, Poll::Close> poll;
	};
	static const napi_type_tag tag;

	explicit Ring(const Napi::CallbackInfo &info);
	void Release() override;
	void Ready();

	Napi::Value Consume(const Napi::CallbackInfo &info);
	Napi::Value Pending(const Napi::CallbackInfo &info);
	Napi::Value Wait(const Napi::CallbackInfo &info);
	Napi::Value Cancel(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

private:
	void StopWaiting();

	State state_;
	// Both are set while waiting, and the object then holds a reference to itself.
	Napi::FunctionReference ready_;
	std::unique_ptr<Napi::AsyncContext> context_;
};

int Poll::Open(Napi::Env env, int fd, Ring *ring, Poll **result)
{
	uv_loop_t *loop;
	if (napi_get_uv_event_loop(env, &loop) != napi_ok)
		return -EIO;
	// An fd of its own, since epoll loses track of one that is closed behind its back.
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return -errno;
	auto *poll = new Poll{{}, own, Addon::Of(env), ring};
	int status = uv_poll_init(loop, &poll->handle, own);
	if (status < 0) {
		close(own);
		delete poll;
		return status;
	}
	poll->handle.data = poll;
	poll->addon->PollOpened();
	*result = poll;
	return 0;
}

void Poll::Close::operator()(Poll *poll) const
{
	uv_close(reinterpret_cast<uv_handle_t *>(&poll->handle), [](uv_handle_t *handle) {
		auto *closed = static_cast<Poll *>(handle->data);
		Addon *addon = closed->addon;
		delete closed;
		// SAFETY: last, it may end the environment. Until then the addon's state lives.
		addon->PollClosed();
	});
	// libuv has stopped watching it; the handle itself goes in the next turn of the loop.
	close(poll->fd);
}

const napi_type_tag Ring::tag = {0x71a8d04e5c3b49f2, 0x8e2f6b19d07c4a5e};

Ring::Ring(const Napi::CallbackInfo &info) : Wrap(info)
{
	auto *state = Adopt<State>(info);
	if (!state)
		return;
	state_ = std::move(*state);
	state_.poll->ring = this;
}

void Ring::StopWaiting()
{
	if (ready_.IsEmpty())
		return;
	uv_poll_stop(&state_.poll->handle);
	ready_.Reset();
	context_.reset();
	Unref();
}

void Ring::Release()
{
	StopWaiting();
	state_.poll.reset();
	state_.mapping.reset();
}

void Ring::Ready()
{
	Napi::Env env = Env();
	Napi::HandleScope scope(env);
	// SAFETY: once it waits no more only these locals keep it, its context and `ready`.
	Napi::Object self = Value();
	Napi::Function ready = ready_.Value();
	std::unique_ptr<Napi::AsyncContext> context = std::move(context_);
	StopWaiting();
	napi_status status = napi_make_callback(env, *context, self, ready, 0, nullptr, nullptr);
	if (status != napi_pending_exception)
		return;
	// There is no JavaScript below us: what it threw is an uncaught exception.
	napi_value thrown;
	if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
		napi_fatal_exception(env, thrown);
}

Napi::Value Ring::Consume(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes target = args.Uint8Array(0);
	if (!args.ok())
		return info.Env().Undefined();
	if (!state_.mapping)
		return Status(info.Env(), -EBADF);
	int64_t result = state_.mapping->Consume(target.data, target.size);
	return Status(info.Env(), static_cast<double>(result));
}

Napi::Value Ring::Pending(const Napi::CallbackInfo &info)
{
	if (!state_.mapping)
		return Status(info.Env(), -EBADF);
	return Status(info.Env(), static_cast<double>(state_.mapping->Pending()));
}

Napi::Value Ring::Wait(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Napi::Function ready = args.Function(0);
	if (!args.ok())
		return info.Env().Undefined();
	if (!state_.poll)
		return Status(info.Env(), -EBADF);
	if (!ready_.IsEmpty())
		return Status(info.Env(), -EBUSY);
	int status =
		uv_poll_start(&state_.poll->handle, UV_READABLE, [](uv_poll_t *handle, int, int) {
			static_cast<Poll *>(handle->data)->ring->Ready();
		});
	if (status < 0)
		return Status(info.Env(), status);
	ready_ = Napi::Persistent(ready);
	context_ = std::make_unique<Napi::AsyncContext>(info.Env(), "snoopkit:ring", Value());
	Ref();
	return Status(info.Env(), 0);
}

Napi::Value Ring::Cancel(const Napi::CallbackInfo &info)
{
	StopWaiting();
	return info.Env().Undefined();
}

Napi::Value Ring::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

Napi::Value OpenRing(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	uint32_t size = args.Unsigned(1);
	int32_t order_by = args.Int(2);
	if (!args.ok())
		return info.Env().Undefined();
	Ring::State state;
	int status = Mapping::Open(fd, size, order_by, &state.mapping);
	if (status < 0)
		return Status(info.Env(), status);
	Poll *poll = nullptr;
	status = Poll::Open(info.Env(), fd, nullptr, &poll);
	if (status < 0)
		return Status(info.Env(), status);
	state.poll.reset(poll);
	return Ring::Create(info.Env(), Addon::Of(info.Env())->ring, std::move(state));
}

} // namespace

void InitRing(Napi::Env env, Napi::Object exports, Addon *addon)
{
	addon->ring = Napi::Persistent(
		Ring::DefineClass(env, "NativeRing",
				  {
					  Ring::InstanceMethod<&Ring::Consume>("consume"),
					  Ring::InstanceMethod<&Ring::Pending>("pending"),
					  Ring::InstanceMethod<&Ring::Wait>("wait"),
					  Ring::InstanceMethod<&Ring::Cancel>("cancel"),
					  Ring::InstanceMethod<&Ring::Close>("close"),
				  }));
	exports["openRing"] = Napi::Function::New<OpenRing>(env, "openRing");
}

} // namespace snoopkit
