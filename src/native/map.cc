// The elements of a map. How a map is had, and what concerns all of it, is in map-open.cc.
#include "object.h"

#include <algorithm>
#include <memory>

#include <bpf/bpf.h>

namespace snoopkit
{
// A key, and behind it, at a multiple of 8, a value: what the calls of a map work on. They pass no
// arrays, which Node-API is slow to look into.
// SAFETY: shared by the map, by JavaScript's ArrayBuffer and by each function: any may go first.
// The kernel is told addresses but no lengths: it reads and writes as many bytes as the map's
// definition says, which are the sizes here.
struct MapCalls {
	MapCalls(int map, size_t key_size, size_t value_size)
	    : fd(map), key_words((key_size + 7) / 8), words(key_words + (value_size + 7) / 8),
	      memory(new uint64_t[std::max<size_t>(words, 1)]())
	{
	}
	// Null for a map without keys, such as a queue: the kernel wants it so.
	uint64_t *Key() const { return key_words == 0 ? nullptr : memory.get(); }
	uint64_t *Value() const { return memory.get() + key_words; }

	// The map's; -1 when that is closed.
	int fd;
	const size_t key_words;
	const size_t words;
	const std::unique_ptr<uint64_t[]> memory;
};

void DropCalls(MapCalls *calls)
{
	calls->fd = -1;
}

namespace
{

MapCalls *CallsOf(const Napi::CallbackInfo &info)
{
	return static_cast<MapCalls *>(info.Data());
}

// libbpf's functions return -EBADF for a closed map's descriptor, as the kernel does.
Napi::Value Lookup(const Napi::CallbackInfo &info)
{
	MapCalls *calls = CallsOf(info);
	return Status(info.Env(), bpf_map_lookup_elem(calls->fd, calls->Key(), calls->Value()));
}

Napi::Value LookupLocked(const Napi::CallbackInfo &info)
{
	MapCalls *calls = CallsOf(info);
	return Status(info.Env(), bpf_map_lookup_elem_flags(calls->fd, calls->Key(), calls->Value(),
							    BPF_F_LOCK));
}

Napi::Value LookupAndDelete(const Napi::CallbackInfo &info)
{
	MapCalls *calls = CallsOf(info);
	return Status(info.Env(),
		      bpf_map_lookup_and_delete_elem(calls->fd, calls->Key(), calls->Value()));
}

Napi::Value Update(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	auto flags = static_cast<uint64_t>(args.Integer(0, 0, kMaxSafeInteger));
	if (!args.ok())
		return info.Env().Undefined();
	MapCalls *calls = CallsOf(info);
	return Status(info.Env(),
		      bpf_map_update_elem(calls->fd, calls->Key(), calls->Value(), flags));
}

Napi::Value Delete(const Napi::CallbackInfo &info)
{
	MapCalls *calls = CallsOf(info);
	return Status(info.Env(), bpf_map_delete_elem(calls->fd, calls->Key()));
}

Napi::Value NextKey(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	bool first = args.Flag(0);
	if (!args.ok())
		return info.Env().Undefined();
	MapCalls *calls = CallsOf(info);
	// The kernel has a copy of the key before it writes the next.
	return Status(info.Env(), bpf_map_get_next_key(calls->fd, first ? nullptr : calls->Key(),
						       calls->Key()));
}

// A function that keeps what it works on. Its data comes with each call, where a method has to find
// out what `this` is, which takes longer than the system call.
template <Napi::Value (*call)(const Napi::CallbackInfo &)>
Napi::Function Bind(Napi::Env env, const char *name, const std::shared_ptr<MapCalls> &calls)
{
	Napi::Function function = Napi::Function::New<call>(env, name, calls.get());
	auto *held = new std::shared_ptr<MapCalls>(calls);
	function.AddFinalizer([](Napi::Env, std::shared_ptr<MapCalls> *kept) { delete kept; },
			      held);
	return function;
}

} // namespace

Napi::Value Map::Calls(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (state_.fd < 0)
		return Status(env, -EBADF);
	// V8 may not have two buffers of the same memory.
	if (state_.calls)
		return Status(env, -EBUSY);
	state_.calls = std::make_shared<MapCalls>(state_.fd, state_.key, state_.value);
	auto *held = new std::shared_ptr<MapCalls>(state_.calls);
	Napi::Object calls = Napi::Object::New(env);
	calls["memory"] = Napi::ArrayBuffer::New(
		env, state_.calls->memory.get(), state_.calls->words * sizeof(uint64_t),
		[](Napi::Env, void *, std::shared_ptr<MapCalls> *kept) { delete kept; }, held);
	calls["lookup"] = Bind<Lookup>(env, "lookup", state_.calls);
	calls["lookupLocked"] = Bind<LookupLocked>(env, "lookupLocked", state_.calls);
	calls["lookupAndDelete"] = Bind<LookupAndDelete>(env, "lookupAndDelete", state_.calls);
	calls["update"] = Bind<Update>(env, "update", state_.calls);
	calls["delete"] = Bind<Delete>(env, "delete", state_.calls);
	calls["nextKey"] = Bind<NextKey>(env, "nextKey", state_.calls);
	return calls;
}

namespace
{

// What a call did, beside its status: an error may come after some of the entries.
Napi::Value Outcome(Napi::Env env, int status, uint32_t count)
{
	Napi::Object outcome = Napi::Object::New(env);
	outcome["status"] = status;
	outcome["count"] = count;
	return outcome;
}

} // namespace

// SAFETY: the kernel is told a number of entries: both arrays have room for them.
int Map::Room(const Bytes &keys, const Bytes &values, uint32_t *count) const
{
	if (state_.fd < 0)
		return -EBADF;
	if (state_.key == 0 || state_.value == 0)
		return -EINVAL;
	size_t room = std::min(keys.size / state_.key, values.size / state_.value);
	*count = static_cast<uint32_t>(std::min<size_t>(room, UINT32_MAX));
	return 0;
}

Napi::Value Map::ReadBatch(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes position = args.Uint8Array(0);
	bool first = args.Flag(1);
	Bytes keys = args.Uint8Array(2);
	Bytes values = args.Uint8Array(3);
	bool remove = args.Flag(4);
	if (!args.ok())
		return args.Env().Undefined();
	uint32_t count = 0;
	int status = Room(keys, values, &count);
	// SAFETY: the kernel reads and writes four bytes, or the size of a key.
	if (status == 0 && position.size < std::max(state_.key, sizeof(uint32_t)))
		status = -EINVAL;
	if (status < 0)
		return Outcome(args.Env(), status, 0);
	auto read = remove ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
	uint32_t room = count;
	status = read(state_.fd, first ? nullptr : position.data, position.data, keys.data,
		      values.data, &count, nullptr);
	// Some errors come before the kernel sets it.
	bool is_set = status == 0 || status == -ENOENT || count < room;
	return Outcome(args.Env(), status, is_set ? count : 0);
}

Napi::Value Map::WriteBatch(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes keys = args.Uint8Array(0);
	Bytes values = args.Uint8Array(1);
	if (!args.ok())
		return args.Env().Undefined();
	uint32_t count = 0;
	int status = Room(keys, values, &count);
	if (status < 0 || count == 0)
		return Outcome(args.Env(), status, 0);
	uint32_t room = count;
	status = bpf_map_update_batch(state_.fd, keys.data, values.data, &count, nullptr);
	return Outcome(args.Env(), status, status == 0 || count < room ? count : 0);
}

void InitMap(Napi::Env env, Napi::Object exports, Addon *addon)
{
	addon->map = Napi::Persistent(
		Map::DefineClass(env, "NativeMap",
				 {
					 Map::InstanceMethod<&Map::Fd>("fd"),
					 Map::InstanceMethod<&Map::Info>("info"),
					 Map::InstanceMethod<&Map::Calls>("calls"),
					 Map::InstanceMethod<&Map::ReadBatch>("readBatch"),
					 Map::InstanceMethod<&Map::WriteBatch>("writeBatch"),
					 Map::InstanceMethod<&Map::Types>("types"),
					 Map::InstanceMethod<&Map::Freeze>("freeze"),
					 Map::InstanceMethod<&Map::Pin>("pin"),
					 Map::InstanceMethod<&Map::Mmap>("mmap"),
					 Map::InstanceMethod<&Map::Close>("close"),
				 }));
	InitMapOpen(env, exports);
}

} // namespace snoopkit
