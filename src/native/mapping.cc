#include "mapping.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <unistd.h>

namespace snoopkit
{

namespace
{

uint64_t PayloadOf(uint32_t header)
{
	return header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
}

uint64_t SizeOf(uint64_t payload)
{
	return (payload + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

} // namespace

int Mapping::Open(int fd, uint32_t size, int32_t order_by, std::unique_ptr<Mapping> *result)
{
	// SAFETY: at a multiple of 8, and so never split in two.
	if (order_by > 0 && order_by % 8 != 0)
		return -EINVAL;
	bpf_map_info info;
	memset(&info, 0, sizeof(info));
	uint32_t length = sizeof(info);
	int status = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (status < 0)
		return status;
	// SAFETY: another size would put the wrap-around in another place than the kernel does.
	if (info.type != BPF_MAP_TYPE_RINGBUF || info.max_entries != size)
		return -EINVAL;
	auto mapping = std::make_unique<Mapping>();
	mapping->page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	mapping->size_ = size;
	mapping->order_by_ = order_by;
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

uint64_t Mapping::Key(size_t at, uint64_t payload, uint64_t otherwise) const
{
	if (payload < static_cast<uint64_t>(order_by_) + sizeof(uint64_t))
		return otherwise;
	size_t place = at + BPF_RINGBUF_HDR_SZ + static_cast<size_t>(order_by_);
	uint64_t key;
	memcpy(&key, Data() + (place & (size_ - 1)), sizeof(key));
	return key;
}

/** Returns the end of the copied bytes in the target. */
uint8_t *Mapping::Copy(uint8_t *target, size_t from, size_t length) const
{
	size_t start = from & (size_ - 1);
	size_t head = std::min(length, size_ - start);
	memcpy(target, Data() + start, head);
	memcpy(target + head, Data(), length - head);
	return target + length;
}

/**
 * Copies records in the order of their keys; equal keys keep their order. The records come from
 * several CPUs, each with a delay before it reserved its place: nearly all are in order, and only
 * the others have to be sorted and merged. Discarded records are left out. Returns the number of
 * bytes copied.
 */
size_t Mapping::CopySorted(uint8_t *target, size_t from, size_t span)
{
	pieces_.clear();
	late_.clear();
	uint64_t newest = 0;
	for (size_t at = from; at < from + span;) {
		uint32_t header;
		memcpy(&header, Data() + (at & (size_ - 1)), sizeof(header));
		uint64_t payload = PayloadOf(header);
		Piece piece = {Key(at, payload, newest), at, SizeOf(payload)};
		at += piece.size;
		if (header & BPF_RINGBUF_DISCARD_BIT)
			continue;
		if (piece.key < newest)
			late_.push_back(piece);
		else
			pieces_.push_back(piece);
		newest = std::max(newest, piece.key);
	}
	auto is_earlier = [](const Piece &a, const Piece &b) { return a.key < b.key; };
	std::stable_sort(late_.begin(), late_.end(), is_earlier);

	uint8_t *end = target;
	Piece run = {0, from, 0};
	// Neighbors in the ring are copied together.
	auto copy = [&](const Piece &piece) {
		if (run.at + run.size != piece.at) {
			end = Copy(end, run.at, run.size);
			run = {0, piece.at, 0};
		}
		run.size += piece.size;
	};
	auto late = late_.begin();
	for (const Piece &piece : pieces_) {
		for (; late != late_.end() && late->key < piece.key; ++late)
			copy(*late);
		copy(piece);
	}
	// Every late record precedes a record that is not late: none is left.
	end = Copy(end, run.at, run.size);
	return static_cast<size_t>(end - target);
}

int64_t Mapping::Consume(uint8_t *target, size_t room)
{
	auto *consumed = static_cast<unsigned long *>(consumer_);
	unsigned long from = __atomic_load_n(consumed, __ATOMIC_ACQUIRE);
	uint64_t pending = Pending();
	// SAFETY: positions are on shared pages; their values must fit the data.
	if (pending > size_ || from % 8 != 0)
		return -EIO;
	uint64_t span = 0;
	uint64_t newest = 0;
	bool is_sorted = true;
	while (span < pending) {
		size_t at = from + span;
		// Records start at multiples of 8, so that no header wraps around.
		auto *header = reinterpret_cast<const uint32_t *>(Data() + (at & (size_ - 1)));
		// Acquire: a record's bytes are written before its busy bit is cleared.
		uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		uint64_t payload = PayloadOf(length);
		uint64_t record = SizeOf(payload);
		if (record > pending - span)
			return -EIO;
		if (record > room - span) {
			if (span == 0)
				return -ENOSPC;
			break;
		}
		if (order_by_ >= 0 && !(length & BPF_RINGBUF_DISCARD_BIT)) {
			uint64_t key = Key(at, payload, newest);
			is_sorted &= key >= newest;
			newest = key;
		}
		span += record;
	}
	size_t moved = span;
	if (span > 0) {
		if (is_sorted)
			Copy(target, from, span);
		else
			moved = CopySorted(target, from, span);
		// Release: the producers reuse the room as soon as they see the position.
		__atomic_store_n(consumed, from + span, __ATOMIC_RELEASE);
	}
	return static_cast<int64_t>(moved);
}

} // namespace snoopkit
