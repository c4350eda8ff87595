#include "mapping.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <unistd.h>

namespace snoopkit
{

int Mapping::Open(int fd, uint32_t size, std::unique_ptr<Mapping> *result)
{
	bpf_map_info info;
	memset(&info, 0, sizeof(info));
	uint32_t length = sizeof(info);
	int status = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (status < 0)
		return status;
	// SAFETY: another size would put the wrap-around elsewhere than the kernel does.
	if (info.type != BPF_MAP_TYPE_RINGBUF || info.max_entries != size)
		return -EINVAL;
	auto mapping = std::make_unique<Mapping>();
	mapping->page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	mapping->size_ = size;
	mapping->consumer_ =
		mmap(nullptr, mapping->page_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapping->consumer_ == MAP_FAILED)
		return -errno;
	mapping->producer_ = mmap(nullptr, mapping->Length(), PROT_READ, MAP_SHARED, fd,
				  static_cast<off_t>(mapping->page_));
	if (mapping->producer_ == MAP_FAILED)
		return -errno;
	*result = std::move(mapping);
	return 0;
}

Mapping::~Mapping()
{
	if (producer_ != MAP_FAILED)
		munmap(producer_, Length());
	if (consumer_ != MAP_FAILED)
		munmap(consumer_, page_);
}

uint64_t Mapping::Pending() const
{
	auto *consumed = static_cast<const unsigned long *>(consumer_);
	auto *produced = static_cast<const unsigned long *>(producer_);
	unsigned long from = __atomic_load_n(consumed, __ATOMIC_ACQUIRE);
	return __atomic_load_n(produced, __ATOMIC_ACQUIRE) - from;
}

int64_t Mapping::Consume(uint8_t *target, size_t room)
{
	auto *consumed = static_cast<unsigned long *>(consumer_);
	unsigned long from = __atomic_load_n(consumed, __ATOMIC_ACQUIRE);
	uint64_t pending = Pending();
	// SAFETY: positions are on shared pages; what they say must fit the data.
	if (pending > size_ || from % 8 != 0)
		return -EIO;
	const uint8_t *data = static_cast<uint8_t *>(producer_) + page_;
	uint64_t span = 0;
	while (span < pending) {
		// Records start at multiples of 8, so that no header wraps around.
		auto *header =
			reinterpret_cast<const uint32_t *>(data + ((from + span) & (size_ - 1)));
		// Acquire: a record's bytes are written before its busy bit is cleared.
		uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		uint64_t payload = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		uint64_t record = (payload + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
		if (record > pending - span)
			return -EIO;
		if (record > room - span) {
			if (span == 0)
				return -ENOSPC;
			break;
		}
		span += record;
	}
	if (span > 0) {
		size_t start = from & (size_ - 1);
		size_t head = std::min<size_t>(span, size_ - start);
		memcpy(target, data + start, head);
		memcpy(target + head, data, span - head);
		// Release: the producers reuse the room as soon as they see the position.
		__atomic_store_n(consumed, from + span, __ATOMIC_RELEASE);
	}
	return static_cast<int64_t>(span);
}

} // namespace snoopkit
