// The memory of a BPF ring buffer (kernel/bpf/ringbuf.c, Linux 5.8), and moving records out of it.
//
// libbpf has a reader, too. It calls back for each record, which would cost a crossing into
// JavaScript or a copy each. Until 1.5 it has no limit: while producers are faster than the reader
// it never returns, and the event loop is blocked. The layout of the ring is kernel UAPI, so
// reading it takes few lines, and a batch takes one memcpy, or two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <sys/mman.h>

#include "record-source.h"

namespace snoopkit
{

/**
 * The ring's memory: the reader's position, and the producers' position followed by the data. The
 * kernel could map the data twice in a row, so that no record is split; copying in two parts takes
 * half the memory.
 */
class Mapping : public RecordSource
{
public:
	/**
	 * `order_by`: offset in a record of the u64 that the records of a batch are sorted by;
	 * negative to keep the order in the ring.
	 */
	static int Open(int fd, uint32_t size, int32_t order_by, std::unique_ptr<Mapping> *result);
	Mapping() = default;
	Mapping(const Mapping &) = delete;
	Mapping &operator=(const Mapping &) = delete;
	~Mapping() override;

	uint64_t Pending() const override;
	int64_t Consume(uint8_t *target, size_t room) override;

private:
	/**
	 * One record, or several consecutive ones, in the ring: position and size, including header
	 * and padding.
	 */
	struct Piece {
		uint64_t key;
		size_t at;
		size_t size;
	};
	const uint8_t *Data() const { return static_cast<uint8_t *>(producer_) + page_; }
	/** The sort key of a record; `otherwise` if the record is too short to have one. */
	uint64_t Key(size_t at, uint64_t payload, uint64_t otherwise) const;
	uint8_t *Copy(uint8_t *target, size_t from, size_t length) const;
	size_t CopySorted(uint8_t *target, size_t from, size_t span);

	size_t page_ = 0;
	size_t size_ = 0;
	int32_t order_by_ = -1;
	// Reused by each batch that is out of order.
	std::vector<Piece> pieces_;
	std::vector<Piece> late_;
	/** Bytes of the producers' page and the data. */
	size_t Length() const { return page_ + size_; }

	void *consumer_ = MAP_FAILED;
	void *producer_ = MAP_FAILED;
};

} // namespace snoopkit
