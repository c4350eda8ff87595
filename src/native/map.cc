// The elements of maps, by the map's fd.
#include "addon.h"

#include <algorithm>
#include <vector>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace snoopkit
{
namespace
{

struct Sizes {
	size_t key;
	size_t value;
};

bool IsPerCpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

// SAFETY: the kernel is told addresses but no lengths: it reads and writes as many bytes as the
// map's definition says. Only asking it, each time, keeps a short array from being overrun; a size
// remembered for an fd would go wrong when the number is used again.
int SizesOf(int fd, Sizes *sizes)
{
	bpf_map_info info;
	memset(&info, 0, sizeof(info));
	uint32_t length = sizeof(info);
	int status = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (status < 0)
		return status;
	sizes->key = info.key_size;
	sizes->value = info.value_size;
	if (IsPerCpu(info.type)) {
		int cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		sizes->value = (sizes->value + 7) / 8 * 8 * static_cast<size_t>(cpus);
	}
	return 0;
}

template <typename Call>
Napi::Value WithSizes(const Arguments &args, int fd, const Bytes &key, const Bytes *value,
		      Call call)
{
	if (!args.ok())
		return args.Env().Undefined();
	LogScope log(Addon::Of(args.Env()));
	Sizes sizes;
	int status = SizesOf(fd, &sizes);
	if (status == 0 && (key.size != sizes.key || (value && value->size != sizes.value)))
		status = -EINVAL;
	return Status(args.Env(), status < 0 ? status : call());
}

Napi::Value MapLookup(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	Bytes key = args.Uint8Array(1);
	Bytes value = args.Uint8Array(2);
	return WithSizes(args, fd, key, &value,
			 [&] { return bpf_map_lookup_elem(fd, key.data, value.data); });
}

Napi::Value MapUpdate(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	Bytes key = args.Uint8Array(1);
	Bytes value = args.Uint8Array(2);
	auto flags = static_cast<uint64_t>(args.Integer(3, 0, kMaxSafeInteger));
	return WithSizes(args, fd, key, &value,
			 [&] { return bpf_map_update_elem(fd, key.data, value.data, flags); });
}

Napi::Value MapDelete(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	Bytes key = args.Uint8Array(1);
	return WithSizes(args, fd, key, nullptr, [&] { return bpf_map_delete_elem(fd, key.data); });
}

Napi::Value MapNextKey(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	Bytes next = args.Uint8Array(2);
	Bytes key = args.IsNull(1) ? Bytes{nullptr, next.size} : args.Uint8Array(1);
	return WithSizes(args, fd, key, nullptr, [&] {
		if (next.size != key.size)
			return -EINVAL;
		return bpf_map_get_next_key(fd, key.data, next.data);
	});
}

// All entries of a hash map at once. The arrays must have room for as many as it can have.
Napi::Value MapReadAll(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	Bytes keys = args.Uint8Array(1);
	Bytes values = args.Uint8Array(2);
	bool remove = args.Flag(3);
	if (!args.ok())
		return args.Env().Undefined();
	LogScope log(Addon::Of(args.Env()));
	Sizes sizes;
	int status = SizesOf(fd, &sizes);
	if (status == 0 && (sizes.key == 0 || sizes.value == 0))
		status = -EINVAL;
	if (status < 0)
		return Status(args.Env(), status);
	size_t room = std::min(keys.size / sizes.key, values.size / sizes.value);
	auto count = static_cast<uint32_t>(std::min<size_t>(room, UINT32_MAX));
	// SAFETY: where to go on, of which the kernel writes four bytes, or as many as a key has.
	std::vector<uint8_t> position(std::max<size_t>(sizes.key, sizeof(uint32_t)));
	auto read = remove ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
	status = read(fd, nullptr, position.data(), keys.data, values.data, &count, nullptr);
	if (status == -ENOENT) // the end
		return Status(args.Env(), count);
	return Status(args.Env(), status == 0 ? -ENOSPC : status);
}

} // namespace

void InitMap(Napi::Env env, Napi::Object exports)
{
	exports["mapLookup"] = Napi::Function::New<MapLookup>(env, "mapLookup");
	exports["mapUpdate"] = Napi::Function::New<MapUpdate>(env, "mapUpdate");
	exports["mapDelete"] = Napi::Function::New<MapDelete>(env, "mapDelete");
	exports["mapReadAll"] = Napi::Function::New<MapReadAll>(env, "mapReadAll");
	exports["mapNextKey"] = Napi::Function::New<MapNextKey>(env, "mapNextKey");
}

} // namespace snoopkit
