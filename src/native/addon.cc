// Registration, and the state of one environment.
#include "addon.h"

#include <cmath>
#include <cstdlib>

namespace snoopkit
{

Handle::Handle(Addon *addon) : addon_(addon)
{
	addon_->handles.insert(this);
}

Handle::~Handle()
{
	if (addon_)
		addon_->handles.erase(this);
}

Addon::Addon(Napi::Env env, Napi::Object exports)
{
	InitLog(env, exports);
	InitFeatures(env, exports);
	InitSystem(env, exports);
	InitBtf(env, exports);
	InitKernelObjects(env, exports);
	InitLinker(env, exports);
	InitMap(env, exports, this);
	InitProgram(env, this);
	InitProgramOpen(env, exports);
	InitLink(env, exports, this);
	InitObject(env, exports, this);
	InitRing(env, exports, this);
	InitUserRing(env, exports, this);
	napi_add_async_cleanup_hook(env, TearDown, this, &hook_);
}

Addon::~Addon()
{
	// Node-API does not define the order in which it finalizes an environment's objects and its
	// data.
	for (Handle *handle : handles)
		handle->addon_ = nullptr;
}

// An asynchronous hook, because libuv frees a handle in a later turn of the loop, and a worker's
// loop must not end earlier. The environment stays alive until the hook is removed.
void Addon::TearDown(napi_async_cleanup_hook_handle, void *data)
{
	auto *addon = static_cast<Addon *>(data);
	addon->ending_ = true;
	// One reference of our own, so that the last Release cannot end the environment under this
	// loop.
	addon->PollOpened();
	for (Handle *handle : addon->handles)
		handle->Release();
	addon->log.Reset();
	addon->PollClosed();
}

void Addon::PollClosed()
{
	if (--polls_ == 0 && ending_)
		napi_remove_async_cleanup_hook(hook_);
}

void Arguments::Refuse(size_t index, const char *wanted)
{
	if (ok_) {
		std::string message =
			"argument " + std::to_string(index + 1) + " must be " + wanted;
		Napi::TypeError::New(Env(), message).ThrowAsJavaScriptException();
	}
	ok_ = false;
}

std::string Arguments::Text(size_t index)
{
	if (ok_ && info_[index].IsString())
		return info_[index].As<Napi::String>().Utf8Value();
	Refuse(index, "a string");
	return {};
}

std::vector<std::string> Arguments::Texts(size_t index)
{
	std::vector<std::string> texts;
	if (ok_ && info_[index].IsArray()) {
		Napi::Array array = info_[index].As<Napi::Array>();
		for (uint32_t i = 0; i < array.Length(); ++i) {
			Napi::Value text = array.Get(i);
			if (!text.IsString())
				break;
			texts.push_back(text.As<Napi::String>().Utf8Value());
		}
		if (texts.size() == array.Length())
			return texts;
	}
	Refuse(index, "an array of strings");
	return {};
}

bool Arguments::Flag(size_t index)
{
	if (ok_ && info_[index].IsBoolean())
		return info_[index].As<Napi::Boolean>().Value();
	Refuse(index, "a boolean");
	return false;
}

int64_t Arguments::Integer(size_t index, int64_t least, int64_t most)
{
	if (ok_ && info_[index].IsNumber()) {
		// Node-API would silently convert NaN to 0, which is a valid file descriptor.
		double value = info_[index].As<Napi::Number>().DoubleValue();
		if (value == std::trunc(value) && value >= static_cast<double>(least) &&
		    value <= static_cast<double>(most))
			return static_cast<int64_t>(value);
	}
	Refuse(index, least < 0 ? "an integer" : "an integer, not below zero");
	return 0;
}

Bytes Arguments::Uint8Array(size_t index)
{
	napi_value value = info_[index];
	bool is_typed_array = false;
	napi_typedarray_type type;
	Bytes bytes{nullptr, 0};
	void *data = nullptr;
	if (ok_ && napi_is_typedarray(Env(), value, &is_typed_array) == napi_ok && is_typed_array &&
	    napi_get_typedarray_info(Env(), value, &type, &bytes.size, &data, nullptr, nullptr) ==
		    napi_ok &&
	    type == napi_uint8_array) {
		// An empty array may have no address, which memcpy() does not take even for
		// nothing.
		static uint8_t nothing;
		bytes.data = data ? static_cast<uint8_t *>(data) : &nothing;
		return bytes;
	}
	Refuse(index, "a Uint8Array");
	return {nullptr, 0};
}

Napi::Function Arguments::Function(size_t index)
{
	if (ok_ && info_[index].IsFunction())
		return info_[index].As<Napi::Function>();
	Refuse(index, "a function");
	return {};
}

} // namespace snoopkit

// Larger than any buffer that is used again and again, such as an exporter's request.
static const size_t kLargeBuffer = 8 << 20;

// glibc maps a large buffer and unmaps it when it is freed, so that the next one consists of new
// pages, until one of its size has been freed once: mallopt(3), M_MMAP_THRESHOLD.
static void KeepFreedMemory()
{
	void *volatile buffer = malloc(kLargeBuffer);
	free(buffer);
}

static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	KeepFreedMemory();
	env.SetInstanceData(new snoopkit::Addon(env, exports));
	return exports;
}

NODE_API_MODULE(snoopkit, Init)
