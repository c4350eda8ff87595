// The memory of global-data maps: .rodata, .data, .bss.
//
// Before load that is libbpf's own copy of the section. After it, the map: libbpf older than 1.6
// maps it into memory for skeletons only, so each access maps it itself. One variable can then be
// written without writing its neighbours, which the programs may be changing.
#include "object.h"

#include <sys/mman.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

class MappedImage
{
public:
	MappedImage(const bpf_map *map, int protection)
	{
		auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
		length_ = (bpf_map__value_size(map) + page - 1) / page * page;
		memory_ = mmap(nullptr, length_, protection, MAP_SHARED, bpf_map__fd(map), 0);
		// The kernel itself refuses to map a frozen map for writing: that is -EPERM.
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
	uint8_t *data() const { return static_cast<uint8_t *>(memory_); }

private:
	size_t length_;
	void *memory_;
	int status_ = 0;
};

int Check(bpf_map *map, const void **initial, size_t *size)
{
	if (!map)
		return -ENOENT;
	*initial = bpf_map__is_internal(map) ? bpf_map__initial_value(map, size) : nullptr;
	return *initial ? 0 : -EINVAL;
}

Napi::Value Copy(Napi::Env env, const void *data, size_t size)
{
	Napi::Uint8Array copy = Napi::Uint8Array::New(env, size);
	if (!env.IsExceptionPending() && size > 0)
		memcpy(copy.Data(), data, size);
	return copy;
}

} // namespace

Napi::Value Object::ReadImage(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	return Run(args, [&]() -> Napi::Value {
		bpf_map *map = FindMap(name);
		const void *initial;
		size_t size;
		int status = Check(map, &initial, &size);
		if (status < 0)
			return Status(info.Env(), status);
		if (phase_ != Phase::Loaded)
			return Copy(info.Env(), initial, size);
		MappedImage live(map, PROT_READ);
		if (live.status() < 0)
			return Status(info.Env(), live.status());
		return Copy(info.Env(), live.data(), size);
	});
}

Napi::Value Object::WriteImage(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int64_t offset = args.Integer(1, -kMaxSafeInteger, kMaxSafeInteger);
	Bytes bytes = args.Uint8Array(2);
	return Run(args, [&] {
		bpf_map *map = FindMap(name);
		const void *initial;
		size_t size;
		int status = Check(map, &initial, &size);
		if (status < 0)
			return status;
		if (offset < 0 || static_cast<uint64_t>(offset) > size ||
		    bytes.size > size - static_cast<uint64_t>(offset))
			return -ERANGE;
		if (bytes.size == 0)
			return 0;
		if (phase_ == Phase::Opened) {
			// SAFETY: const only because a loaded object's may not be written.
			auto *memory = static_cast<uint8_t *>(const_cast<void *>(initial));
			memcpy(memory + offset, bytes.data, bytes.size);
			return 0;
		}
		// A load that failed half-way may have left .rodata mapped read-only.
		if (phase_ == Phase::Failed)
			return -EINVAL;
		MappedImage live(map, PROT_READ | PROT_WRITE);
		if (live.status() == 0)
			memcpy(live.data() + offset, bytes.data, bytes.size);
		return live.status();
	});
}

} // namespace snoopkit
