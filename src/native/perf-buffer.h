// The buffers of a perf event array, one for each CPU (bpf_perf_event_output(), Linux 4.4). Layout:
// include/uapi/linux/perf_event.h, struct perf_event_mmap_page.
#pragma once

#include <memory>
#include <vector>

#include "attachment.h"
#include "record-source.h"

namespace snoopkit
{

class PerfBuffer : public RecordSource
{
public:
	/**
	 * `pages`: size of each CPU's buffer, a power of two. `order_by`: offset in a record of the
	 * u64 that the records of a batch are sorted by; negative to keep those of a CPU together.
	 */
	static int Open(int map, uint32_t entries, uint32_t pages, int32_t order_by,
			std::unique_ptr<PerfBuffer> *result);
	PerfBuffer() = default;
	PerfBuffer(const PerfBuffer &) = delete;
	PerfBuffer &operator=(const PerfBuffer &) = delete;
	~PerfBuffer() override;

	uint64_t Pending() const override;
	int64_t Consume(uint8_t *target, size_t room) override;
	uint64_t Lost() const override { return lost_; }
	/** A descriptor that is readable when any CPU has records. */
	int fd() const { return epoll_.get(); }

private:
	struct Cpu {
		Descriptor event;
		uint32_t index;
		void *memory;
	};
	struct Piece {
		uint64_t key;
		const Cpu *cpu;
		/** Position of the payload. */
		uint64_t at;
		uint32_t length;
	};
	int AddCpu(uint32_t index);
	void Copy(const Cpu &cpu, uint64_t from, void *target, size_t length) const;
	int64_t Scan(const Cpu &cpu, size_t room, size_t *used, uint64_t *tail);

	size_t page_ = 0;
	size_t size_ = 0;
	int32_t order_by_ = -1;
	Descriptor map_;
	Descriptor epoll_;
	std::vector<Cpu> cpus_;
	// Reused by each batch.
	std::vector<Piece> pieces_;
	std::vector<uint64_t> tails_;
	/** The CPU that a batch begins with: each in turn. */
	size_t first_ = 0;
	uint64_t lost_ = 0;
};

} // namespace snoopkit
