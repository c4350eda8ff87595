// NativeRing: the reading side of a ring buffer or a perf event array, and waiting for it in the
// event loop.
#include "addon.h"

#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include "mapping.h"
#include "perf-buffer.h"

namespace snoopkit
{
namespace
{

class Ring;

/**
 * The ring's fd in the event loop. SAFETY: libuv uses the handle until its close callback has run,
 * possibly after the Ring and its JavaScript object are gone. The handle therefore has an
 * allocation of its own, which only that callback frees.
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
		std::unique_ptr<RecordSource> source;
		std::unique_ptr<Poll, Poll::Close> poll;
		// Whether the descriptor is watched all the time.
		bool is_watched = false;
	};
	static const napi_type_tag tag;

	explicit Ring(const Napi::CallbackInfo &info);
	void Release() override;
	void Ready();

	Napi::Value Consume(const Napi::CallbackInfo &info);
	Napi::Value Pending(const Napi::CallbackInfo &info);
	Napi::Value Lost(const Napi::CallbackInfo &info);
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
	// An fd of its own, since epoll loses track of an fd that is closed elsewhere.
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
		// SAFETY: last, as it may end the environment. Until then the addon's state exists.
		addon->PollClosed();
	});
	// libuv has stopped watching it; the handle itself is freed in the next turn of the loop.
	close(poll->fd);
}

int Watch(Poll *poll)
{
	return uv_poll_start(&poll->handle, UV_READABLE, [](uv_poll_t *handle, int, int) {
		static_cast<Poll *>(handle->data)->ring->Ready();
	});
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
	if (state_.is_watched)
		uv_unref(reinterpret_cast<uv_handle_t *>(&state_.poll->handle));
	else
		uv_poll_stop(&state_.poll->handle);
	ready_.Reset();
	context_.reset();
	Unref();
}

void Ring::Release()
{
	StopWaiting();
	state_.poll.reset();
	state_.source.reset();
}

void Ring::Ready()
{
	// Nobody waits: the next one who does finds the records.
	if (ready_.IsEmpty())
		return;
	Napi::Env env = Env();
	Napi::HandleScope scope(env);
	// SAFETY: once it no longer waits, only these locals keep it, its context and `ready`
	// alive.
	Napi::Object self = Value();
	Napi::Function ready = ready_.Value();
	std::unique_ptr<Napi::AsyncContext> context = std::move(context_);
	StopWaiting();
	napi_status status = napi_make_callback(env, *context, self, ready, 0, nullptr, nullptr);
	if (status != napi_pending_exception)
		return;
	// No JavaScript is below us on the stack: an exception that it threw is uncaught.
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
	if (!state_.source)
		return Status(info.Env(), -EBADF);
	int64_t result = state_.source->Consume(target.data, target.size);
	return Status(info.Env(), static_cast<double>(result));
}

Napi::Value Ring::Pending(const Napi::CallbackInfo &info)
{
	if (!state_.source)
		return Status(info.Env(), -EBADF);
	return Status(info.Env(), static_cast<double>(state_.source->Pending()));
}

Napi::Value Ring::Lost(const Napi::CallbackInfo &info)
{
	if (!state_.source)
		return Status(info.Env(), -EBADF);
	return Status(info.Env(), static_cast<double>(state_.source->Lost()));
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
	// A call for what is there already would come too late for those that come meanwhile.
	if (state_.is_watched && state_.source->Pending() > 0)
		return Status(info.Env(), 1);
	if (state_.is_watched) {
		uv_ref(reinterpret_cast<uv_handle_t *>(&state_.poll->handle));
	} else {
		int status = Watch(state_.poll.get());
		if (status < 0)
			return Status(info.Env(), status);
	}
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

/**
 * `readable` is watched, by a descriptor of its own: while someone waits, or all the time. A perf
 * event says only once that it is readable, and adding it to epoll asks: what came before would be
 * lost, so it is added once.
 */
Napi::Value CreateRing(Napi::Env env, std::unique_ptr<RecordSource> source, int readable,
		       bool is_watched)
{
	Ring::State state;
	state.source = std::move(source);
	state.is_watched = is_watched;
	Poll *poll = nullptr;
	int status = Poll::Open(env, readable, nullptr, &poll);
	if (status < 0)
		return Status(env, status);
	state.poll.reset(poll);
	if (is_watched) {
		status = Watch(poll);
		if (status < 0)
			return Status(env, status);
		uv_unref(reinterpret_cast<uv_handle_t *>(&poll->handle));
	}
	return Ring::Create(env, Addon::Of(env)->ring, std::move(state));
}

Napi::Value OpenRing(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	uint32_t size = args.Unsigned(1);
	int32_t order_by = args.Int(2);
	if (!args.ok())
		return info.Env().Undefined();
	std::unique_ptr<Mapping> mapping;
	int status = Mapping::Open(fd, size, order_by, &mapping);
	if (status < 0)
		return Status(info.Env(), status);
	return CreateRing(info.Env(), std::move(mapping), fd, false);
}

Napi::Value OpenPerfBuffer(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	uint32_t entries = args.Unsigned(1);
	uint32_t pages = args.Unsigned(2);
	int32_t order_by = args.Int(3);
	if (!args.ok())
		return info.Env().Undefined();
	std::unique_ptr<PerfBuffer> buffer;
	int status = PerfBuffer::Open(fd, entries, pages, order_by, &buffer);
	if (status < 0)
		return Status(info.Env(), status);
	int readable = buffer->fd();
	return CreateRing(info.Env(), std::move(buffer), readable, true);
}

} // namespace

void InitRing(Napi::Env env, Napi::Object exports, Addon *addon)
{
	addon->ring = Napi::Persistent(
		Ring::DefineClass(env, "NativeRing",
				  {
					  Ring::InstanceMethod<&Ring::Consume>("consume"),
					  Ring::InstanceMethod<&Ring::Pending>("pending"),
					  Ring::InstanceMethod<&Ring::Lost>("lost"),
					  Ring::InstanceMethod<&Ring::Wait>("wait"),
					  Ring::InstanceMethod<&Ring::Cancel>("cancel"),
					  Ring::InstanceMethod<&Ring::Close>("close"),
				  }));
	exports["openRing"] = Napi::Function::New<OpenRing>(env, "openRing");
	exports["openPerfBuffer"] = Napi::Function::New<OpenPerfBuffer>(env, "openPerfBuffer");
}

} // namespace snoopkit
