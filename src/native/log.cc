// libbpf's log. libbpf has one print function for the whole process, while environments come and go
// on several threads. Our function is installed once and finds the environment by its thread.
#include "addon.h"

#include <bpf/libbpf.h>

namespace snoopkit
{
namespace
{

// SAFETY: set only while a call into libbpf made by that environment is on this thread's stack.
thread_local Addon *current = nullptr;

int Print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (!current || current->log.IsEmpty() || level > current->most_log_level)
		return 0;
	Napi::Env env = current->log.Env();
	if (env.IsExceptionPending())
		return 0;
	// libbpf derives its return value from errno after it has printed; JavaScript may change
	// errno.
	int saved = errno;
	std::string text;
	AppendFormatted(&text, format, arguments);
	Napi::HandleScope scope(env);
	current->log.Value().Call({Napi::Number::New(env, level), Napi::String::New(env, text)});
	// Exceptions cannot unwind through libbpf.
	if (env.IsExceptionPending())
		env.GetAndClearPendingException();
	errno = saved;
	return 0;
}

Napi::Value SetLog(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Addon *addon = Addon::Of(info.Env());
	if (args.IsNull(0)) {
		addon->log.Reset();
		return info.Env().Undefined();
	}
	Napi::Function receive = args.Function(0);
	int most_level = args.Int(1);
	if (args.ok()) {
		addon->log = Napi::Persistent(receive);
		addon->most_log_level = most_level;
	}
	return info.Env().Undefined();
}

} // namespace

LogScope::LogScope(Addon *addon) : previous_(std::exchange(current, addon))
{
}

LogScope::~LogScope()
{
	current = previous_;
}

void LogWarning(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	Print(LIBBPF_WARN, format, arguments);
	va_end(arguments);
}

void AppendFormatted(std::string *text, const char *format, va_list arguments)
{
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(nullptr, 0, format, arguments);
	if (length > 0) {
		size_t start = text->size();
		// One more byte for the NUL that vsnprintf writes.
		text->resize(start + static_cast<size_t>(length) + 1);
		vsnprintf(&(*text)[start], static_cast<size_t>(length) + 1, format, again);
		text->pop_back();
	}
	va_end(again);
}

void InitLog(Napi::Env env, Napi::Object exports)
{
	// SAFETY: the library is linked with -z nodelete. Otherwise libbpf would be left with a
	// pointer into it after the last worker that used it has ended.
	static const libbpf_print_fn_t before = libbpf_set_print(Print);
	(void)before;
	exports["setLog"] = Napi::Function::New<SetLog>(env, "setLog");
}

} // namespace snoopkit
