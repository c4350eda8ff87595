// The memory of global-data maps: .rodata, .data, .bss, .kconfig.
//
// Before load it is libbpf's own copy of the section, after load the map. libbpf older than 1.6
// maps it into memory for skeletons only, so each access maps it itself. A variable can then be
// written without its neighbors, which the programs may be changing. Maps whose section has only
// static variables can't be mapped: libbpf creates them without BPF_F_MMAPABLE.
#include "object.h"

#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

namespace snoopkit
{
namespace
{

// The pages of a map's value that contain a part of it.
class MappedImage
{
public:
	MappedImage(const bpf_map *map, uint64_t offset, size_t size, int protection)
	{
		auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
		uint64_t start = offset / page * page;
		lead_ = offset - start;
		length_ = (lead_ + size + page - 1) / page * page;
		memory_ = mmap(nullptr, length_, protection, MAP_SHARED, bpf_map__fd(map),
			       static_cast<off_t>(start));
		// The kernel refuses to map a frozen map for writing: -EPERM.
		if (memory_ == MAP_FAILED)
			status_ = -errno;
	}
	~MappedImage()
	{
		if (status_ == 0)
			munmap(memory_, length_);
	}
	MappedImage(const MappedImage &) = delete;
	MappedImage &operator=(const MappedImage &) = delete;
	int status() const { return status_; }
	uint8_t *data() const { return static_cast<uint8_t *>(memory_) + lead_; }

private:
	size_t lead_;
	size_t length_;
	void *memory_;
	int status_ = 0;
};

// A part of a global-data map.
struct Part {
	const bpf_map *map;
	// Null if libbpf has given it back to the system, as 1.5 does at load for a map that can't
	// be mapped.
	const uint8_t *initial;
	// Of the whole map.
	size_t whole;
	uint64_t offset;
	size_t size;
};

int Find(bpf_map *map, int64_t offset, uint64_t size, Part *part)
{
	if (!map)
		return -ENOENT;
	if (!bpf_map__is_internal(map))
		return -EINVAL;
	size_t whole = bpf_map__value_size(map), size_of_initial = 0;
	const void *initial = bpf_map__initial_value(map, &size_of_initial);
	if (offset < 0 || static_cast<uint64_t>(offset) > whole ||
	    size > whole - static_cast<uint64_t>(offset))
		return -ERANGE;
	*part = {map, static_cast<const uint8_t *>(initial), whole, static_cast<uint64_t>(offset),
		 static_cast<size_t>(size)};
	return 0;
}

bool IsMappable(const bpf_map *map)
{
	return bpf_map__map_flags(map) & BPF_F_MMAPABLE;
}

int ReadLive(const Part &part, uint8_t *target)
{
	if (part.size == 0)
		return 0;
	if (IsMappable(part.map)) {
		MappedImage live(part.map, part.offset, part.size, PROT_READ);
		if (live.status() == 0)
			memcpy(target, live.data(), part.size);
		return live.status();
	}
	std::vector<uint8_t> value(part.whole);
	uint32_t key = 0;
	if (bpf_map_lookup_elem(bpf_map__fd(part.map), &key, value.data()) < 0)
		return -errno;
	memcpy(target, value.data() + part.offset, part.size);
	return 0;
}

int WriteLive(const Part &part, const uint8_t *bytes)
{
	if (IsMappable(part.map)) {
		MappedImage live(part.map, part.offset, part.size, PROT_READ | PROT_WRITE);
		if (live.status() == 0)
			memcpy(live.data(), bytes, part.size);
		return live.status();
	}
	std::vector<uint8_t> value(part.whole);
	uint32_t key = 0;
	int fd = bpf_map__fd(part.map);
	if (bpf_map_lookup_elem(fd, &key, value.data()) < 0)
		return -errno;
	memcpy(value.data() + part.offset, bytes, part.size);
	return bpf_map_update_elem(fd, &key, value.data(), BPF_ANY) < 0 ? -errno : 0;
}

Napi::Value Copy(Napi::Env env, const void *data, size_t size)
{
	Napi::Uint8Array copy = Napi::Uint8Array::New(env, size);
	if (!env.IsExceptionPending() && size > 0)
		memcpy(copy.Data(), data, size);
	return copy;
}

} // namespace

Napi::Value Object::TypesOf(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return Run(args, [&]() -> Napi::Value {
		uint32_t size;
		const btf *types = bpf_object__btf(state_.object.get());
		const void *data = types ? btf__raw_data(types, &size) : nullptr;
		return data ? Copy(info.Env(), data, size) : Status(info.Env(), -ENOENT);
	});
}

Napi::Value Object::ReadImage(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int64_t offset = args.Integer(1, -kMaxSafeInteger, kMaxSafeInteger);
	int64_t size = args.Integer(2, 0, kMaxSafeInteger);
	return Run(args, [&]() -> Napi::Value {
		Part part;
		int status = Find(FindMap(name), offset, static_cast<uint64_t>(size), &part);
		if (status < 0)
			return Status(info.Env(), status);
		if (phase_ != Phase::Loaded && part.initial)
			return Copy(info.Env(), part.initial + part.offset, part.size);
		if (phase_ == Phase::Failed)
			return Status(info.Env(), -EINVAL);
		Napi::Uint8Array copy = Napi::Uint8Array::New(info.Env(), part.size);
		if (info.Env().IsExceptionPending())
			return info.Env().Undefined();
		status = ReadLive(part, copy.Data());
		return status < 0 ? Status(info.Env(), status) : copy;
	});
}

Napi::Value Object::WriteImage(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int64_t offset = args.Integer(1, -kMaxSafeInteger, kMaxSafeInteger);
	Bytes bytes = args.Uint8Array(2);
	return Run(args, [&] {
		Part part;
		int status = Find(FindMap(name), offset, bytes.size, &part);
		if (status < 0 || bytes.size == 0)
			return status;
		if (phase_ == Phase::Opened) {
			// SAFETY: const only because the memory of a loaded object may not be
			// written.
			memcpy(const_cast<uint8_t *>(part.initial) + part.offset, bytes.data,
			       part.size);
			return 0;
		}
		// A load that failed half-way may have left .rodata mapped read-only.
		if (phase_ == Phase::Failed)
			return -EINVAL;
		return WriteLive(part, bytes.data);
	});
}

} // namespace snoopkit
