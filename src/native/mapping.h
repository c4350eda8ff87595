// The memory of a BPF ring buffer (kernel/bpf/ringbuf.c, Linux 5.8), and moving records out of it.
//
// libbpf has a reader too. It calls back once for each record, which would cost a crossing into
// JavaScript or a copy each, and until 1.5 it has no limit: while producers are faster than the
// reader it never returns, and the event loop stands still. The layout of the ring is kernel UAPI,
// so reading it takes few lines, and a batch is one memcpy, or two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/mman.h>

namespace snoopkit
{

/**
 * The ring's memory: the reader's position, and the producers' followed by the data. The kernel
 * would map the data twice in a row, so that no record is split; copying in two parts takes half
 * the memory.
 */
class Mapping
{
public:
	static int Open(int fd, uint32_t size, std::unique_ptr<Mapping> *result);
	Mapping() = default;
	Mapping(const Mapping &) = delete;
	Mapping &operator=(const Mapping &) = delete;
	~Mapping();

	uint64_t Pending() const;
	/** Returns bytes moved or a negated errno. */
	int64_t Consume(uint8_t *target, size_t room);

private:
	size_t page_ = 0;
	size_t size_ = 0;
	/** Bytes of the producers' page and the data. */
	size_t Length() const { return page_ + size_; }

	void *consumer_ = MAP_FAILED;
	void *producer_ = MAP_FAILED;
};

} // namespace snoopkit
