// Shared by every file of the addon: the state of one environment, the base of the wrapped classes,
// and the reading of arguments.
#pragma once

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <napi.h>
#include <uv.h>

namespace snoopkit
{

class Addon;

/** A wrapped object's native half, as its environment knows it. */
class Handle
{
public:
	explicit Handle(Addon *addon);
	Handle(const Handle &) = delete;
	Handle &operator=(const Handle &) = delete;
	virtual ~Handle();
	/** Releases the resources of the kernel and libbpf. Idempotent; runs no JavaScript. */
	virtual void Release() = 0;

	Addon *addon_;
};

/** The state of one environment: the main thread or a worker. Nothing of it is static. */
class Addon
{
public:
	explicit Addon(Napi::Env env, Napi::Object exports);
	~Addon();
	static Addon *Of(Napi::Env env) { return env.GetInstanceData<Addon>(); }

	/** Counts the libuv handles whose memory libuv may still touch. */
	void PollOpened() { ++polls_; }
	void PollClosed();

	Napi::FunctionReference object;
	Napi::FunctionReference program;
	Napi::FunctionReference link;
	Napi::FunctionReference map;
	Napi::FunctionReference ring;
	Napi::FunctionReference user_ring;
	Napi::FunctionReference log;
	int most_log_level = 0;
	/** The state that the constructor now running takes over, see Wrap::Create. */
	void *pending = nullptr;
	std::unordered_set<Handle *> handles;

private:
	static void TearDown(napi_async_cleanup_hook_handle hook, void *data);

	size_t polls_ = 0;
	bool ending_ = false;
	napi_async_cleanup_hook_handle hook_ = nullptr;
};

/**
 * Base of the wrapped classes. C++ passes a `T::State` to the constructor; JavaScript cannot
 * construct one, though it can reach the constructor.
 */
template <typename T> class Wrap : public Napi::ObjectWrap<T>, public Handle
{
public:
	// Shadows ObjectWrap's Unwrap, which takes any wrapped object for a T, even another
	// addon's.
	static T *Unwrap(Napi::Object self)
	{
		bool own = false;
		if (napi_check_object_type_tag(self.Env(), self, &T::tag, &own) == napi_ok && own)
			return Napi::ObjectWrap<T>::Unwrap(self);
		Napi::TypeError::New(self.Env(), "Illegal invocation").ThrowAsJavaScriptException();
		return nullptr;
	}

	/** Creates the object around `state`, which is destroyed here on failure. */
	template <typename State>
	static Napi::Value Create(Napi::Env env, const Napi::FunctionReference &type, State state)
	{
		Addon *addon = Addon::Of(env);
		// SAFETY: the constructor runs before New returns, so the stack outlives its use.
		addon->pending = &state;
		Napi::Value value = type.New({});
		addon->pending = nullptr;
		return value;
	}

protected:
	explicit Wrap(const Napi::CallbackInfo &info)
	    : Napi::ObjectWrap<T>(info), Handle(Addon::Of(info.Env()))
	{
	}

	/**
	 * The state given to Create; null (and an exception) if JavaScript called the constructor.
	 */
	template <typename State> State *Adopt(const Napi::CallbackInfo &info)
	{
		auto *state = static_cast<State *>(std::exchange(addon_->pending, nullptr));
		if (state)
			info.This().template As<Napi::Object>().TypeTag(&T::tag);
		else
			Napi::TypeError::New(info.Env(), "Illegal constructor")
				.ThrowAsJavaScriptException();
		return state;
	}
};

/** SAFETY: memory of a Uint8Array; valid until JavaScript runs again, libbpf's log included. */
struct Bytes {
	uint8_t *data;
	size_t size;
};

/**
 * Reads the arguments of a call. The first of a wrong type throws, and ok() is false from then on.
 */
class Arguments
{
public:
	explicit Arguments(const Napi::CallbackInfo &info) : info_(info) {}
	Napi::Env Env() const { return info_.Env(); }
	bool ok() const { return ok_; }

	std::string Text(size_t index);
	std::vector<std::string> Texts(size_t index);
	bool Flag(size_t index);
	int Int(size_t index) { return static_cast<int>(Integer(index, INT32_MIN, INT32_MAX)); }
	uint32_t Unsigned(size_t index)
	{
		return static_cast<uint32_t>(Integer(index, 0, UINT32_MAX));
	}
	/** An integer that a JavaScript number holds exactly, within these bounds. */
	int64_t Integer(size_t index, int64_t least, int64_t most);
	Bytes Uint8Array(size_t index);
	Napi::Function Function(size_t index);
	bool IsNull(size_t index) const { return info_[index].IsNull(); }

private:
	void Refuse(size_t index, const char *wanted);

	const Napi::CallbackInfo &info_;
	bool ok_ = true;
};

/**
 * perf_event_open(2) with the arguments type, config, period, whether that is a frequency, pid and
 * cpu. Returns a descriptor or a negated errno, also for arguments of wrong types.
 */
int OpenPerfEvent(Arguments *args);

constexpr int64_t kMaxSafeInteger = (int64_t{1} << 53) - 1;

inline Napi::Value Status(Napi::Env env, double status)
{
	return Napi::Number::New(env, status);
}

/** The error of a libbpf 1.x function that returned null. */
inline int LastError()
{
	return errno ? -errno : -EINVAL;
}

/** libbpf reads `sz` to find the fields known to its caller, and requires zeros in all others. */
template <typename Options> Options ZeroOptions()
{
	Options options;
	memset(&options, 0, sizeof(options));
	options.sz = sizeof(options);
	return options;
}

/** Sends libbpf's log of this thread to one environment during its lifetime. */
class LogScope
{
public:
	explicit LogScope(Addon *addon);
	~LogScope();
	LogScope(const LogScope &) = delete;
	LogScope &operator=(const LogScope &) = delete;

private:
	Addon *previous_;
};

/** Logs a warning beside libbpf's, in its form. */
void LogWarning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Appends text of any length, formatted as printf does. */
void AppendFormatted(std::string *text, const char *format, va_list arguments);

// Each subject adds its functions and classes to the exports.
void InitLog(Napi::Env env, Napi::Object exports);
void InitFeatures(Napi::Env env, Napi::Object exports);
void InitSystem(Napi::Env env, Napi::Object exports);
void InitBtf(Napi::Env env, Napi::Object exports);
void InitKernelObjects(Napi::Env env, Napi::Object exports);
void InitLinker(Napi::Env env, Napi::Object exports);
void InitMap(Napi::Env env, Napi::Object exports, Addon *addon);
void InitObject(Napi::Env env, Napi::Object exports, Addon *addon);
void InitProgram(Napi::Env env, Addon *addon);
void InitProgramOpen(Napi::Env env, Napi::Object exports);
void InitLink(Napi::Env env, Napi::Object exports, Addon *addon);
void InitRing(Napi::Env env, Napi::Object exports, Addon *addon);
void InitUserRing(Napi::Env env, Napi::Object exports, Addon *addon);

} // namespace snoopkit
