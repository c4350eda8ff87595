// A map of a loaded object: its descriptor, and its elements.
#include "object.h"

#include <algorithm>
#include <vector>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

bool IsPerCpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

int SizesOf(int fd, size_t *key, size_t *value)
{
	bpf_map_info info;
	memset(&info, 0, sizeof(info));
	uint32_t length = sizeof(info);
	int status = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (status < 0)
		return status;
	*key = info.key_size;
	*value = info.value_size;
	if (IsPerCpu(info.type)) {
		int cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		*value = (*value + 7) / 8 * 8 * static_cast<size_t>(cpus);
	}
	return 0;
}

} // namespace

const napi_type_tag Map::tag = {0x8e41d2b7c05f3a96, 0x47a9f1e3d86b2c50};

Map::Map(const Napi::CallbackInfo &info) : Wrap(info)
{
	if (auto *state = Adopt<State>(info))
		state_ = *state;
}

Napi::Value Map::Duplicate(Napi::Env env, Addon *addon, int fd)
{
	State state;
	state.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (state.fd < 0)
		return Status(env, LastError());
	int status = SizesOf(state.fd, &state.key, &state.value);
	if (status < 0) {
		close(state.fd);
		return Status(env, status);
	}
	return Create(env, addon->map, state);
}

void Map::Release()
{
	if (state_.fd >= 0)
		close(std::exchange(state_.fd, -1));
}

Napi::Value Map::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

Napi::Value Map::Fd(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), state_.fd < 0 ? -EBADF : state_.fd);
}

template <typename Call>
Napi::Value Map::WithSizes(const Arguments &args, const Bytes &key, const Bytes *value, Call call)
{
	if (!args.ok())
		return args.Env().Undefined();
	if (state_.fd < 0)
		return Status(args.Env(), -EBADF);
	// SAFETY: the kernel is told addresses but no lengths: it reads and writes as many bytes as
	// the map's definition says.
	if (key.size != state_.key || (value && value->size != state_.value))
		return Status(args.Env(), -EINVAL);
	return Status(args.Env(), call());
}

Napi::Value Map::Lookup(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes key = args.Uint8Array(0);
	Bytes value = args.Uint8Array(1);
	return WithSizes(args, key, &value,
			 [&] { return bpf_map_lookup_elem(state_.fd, key.data, value.data); });
}

Napi::Value Map::Update(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes key = args.Uint8Array(0);
	Bytes value = args.Uint8Array(1);
	auto flags = static_cast<uint64_t>(args.Integer(2, 0, kMaxSafeInteger));
	return WithSizes(args, key, &value, [&] {
		return bpf_map_update_elem(state_.fd, key.data, value.data, flags);
	});
}

Napi::Value Map::Delete(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes key = args.Uint8Array(0);
	return WithSizes(args, key, nullptr,
			 [&] { return bpf_map_delete_elem(state_.fd, key.data); });
}

Napi::Value Map::NextKey(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes next = args.Uint8Array(1);
	Bytes key = args.IsNull(0) ? Bytes{nullptr, next.size} : args.Uint8Array(0);
	return WithSizes(args, key, nullptr, [&] {
		if (next.size != key.size)
			return -EINVAL;
		return bpf_map_get_next_key(state_.fd, key.data, next.data);
	});
}

// All entries of a hash map at once. The arrays must have room for as many as it can have.
Napi::Value Map::ReadAll(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes keys = args.Uint8Array(0);
	Bytes values = args.Uint8Array(1);
	bool remove = args.Flag(2);
	if (!args.ok())
		return args.Env().Undefined();
	const auto &[fd, key, value] = state_;
	if (fd < 0)
		return Status(args.Env(), -EBADF);
	if (key == 0 || value == 0)
		return Status(args.Env(), -EINVAL);
	size_t room = std::min(keys.size / key, values.size / value);
	auto count = static_cast<uint32_t>(std::min<size_t>(room, UINT32_MAX));
	// SAFETY: where to go on, of which the kernel writes four bytes, or as many as a key has.
	std::vector<uint8_t> position(std::max<size_t>(key, sizeof(uint32_t)));
	auto read = remove ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
	int status = read(fd, nullptr, position.data(), keys.data, values.data, &count, nullptr);
	if (status == -ENOENT) // the end
		return Status(args.Env(), count);
	return Status(args.Env(), status == 0 ? -ENOSPC : status);
}

void InitMap(Napi::Env env, Addon *addon)
{
	addon->map = Napi::Persistent(
		Map::DefineClass(env, "NativeMap",
				 {
					 Map::InstanceMethod<&Map::Fd>("fd"),
					 Map::InstanceMethod<&Map::Lookup>("lookup"),
					 Map::InstanceMethod<&Map::Update>("update"),
					 Map::InstanceMethod<&Map::Delete>("delete"),
					 Map::InstanceMethod<&Map::NextKey>("nextKey"),
					 Map::InstanceMethod<&Map::ReadAll>("readAll"),
					 Map::InstanceMethod<&Map::Close>("close"),
				 }));
}

} // namespace snoopkit
