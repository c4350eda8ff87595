#include "perf-buffer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

constexpr size_t kHeader = 8;

size_t Padded(size_t length)
{
	return (length + 7) / 8 * 8;
}

perf_event_mmap_page *PageOf(void *memory)
{
	return static_cast<perf_event_mmap_page *>(memory);
}

} // namespace

int PerfBuffer::Open(int map, uint32_t entries, uint32_t pages, int32_t order_by,
		     std::unique_ptr<PerfBuffer> *result)
{
	auto buffer = std::make_unique<PerfBuffer>();
	buffer->page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
	buffer->size_ = buffer->page_ * pages;
	buffer->order_by_ = order_by;
	buffer->map_ = Descriptor::Duplicate(map);
	buffer->epoll_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
	if (!buffer->map_ || !buffer->epoll_)
		return -errno;
	int possible = libbpf_num_possible_cpus();
	if (possible < 0)
		return possible;
	uint32_t count = std::min(entries, static_cast<uint32_t>(possible));
	// SAFETY: pieces refer to elements.
	buffer->cpus_.reserve(count);
	for (uint32_t cpu = 0; cpu < count; ++cpu) {
		int status = buffer->AddCpu(cpu);
		// Possible CPUs need not be online.
		if (status < 0 && status != -ENODEV)
			return status;
	}
	*result = std::move(buffer);
	return 0;
}

int PerfBuffer::AddCpu(uint32_t index)
{
	perf_event_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_BPF_OUTPUT;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	attr.wakeup_events = 1;
	Descriptor event(static_cast<int>(
		syscall(SYS_perf_event_open, &attr, -1, index, -1, PERF_FLAG_FD_CLOEXEC)));
	if (!event)
		return -errno;
	void *memory =
		mmap(nullptr, page_ + size_, PROT_READ | PROT_WRITE, MAP_SHARED, event.get(), 0);
	if (memory == MAP_FAILED)
		return -errno;
	int fd = event.get();
	cpus_.push_back({std::move(event), index, memory});
	epoll_event wanted;
	memset(&wanted, 0, sizeof(wanted));
	wanted.events = EPOLLIN;
	if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &wanted) < 0 ||
	    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
		return -errno;
	return bpf_map_update_elem(map_.get(), &index, &fd, BPF_ANY);
}

PerfBuffer::~PerfBuffer()
{
	for (Cpu &cpu : cpus_) {
		bpf_map_delete_elem(map_.get(), &cpu.index);
		munmap(cpu.memory, page_ + size_);
	}
}

uint64_t PerfBuffer::Pending() const
{
	uint64_t sum = 0;
	for (const Cpu &cpu : cpus_) {
		perf_event_mmap_page *page = PageOf(cpu.memory);
		sum += __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE) - page->data_tail;
	}
	return sum;
}

void PerfBuffer::Copy(const Cpu &cpu, uint64_t from, void *target, size_t length) const
{
	const uint8_t *data = static_cast<uint8_t *>(cpu.memory) + page_;
	size_t start = from & (size_ - 1);
	size_t head = std::min(length, size_ - start);
	memcpy(target, data + start, head);
	memcpy(static_cast<uint8_t *>(target) + head, data, length - head);
}

/** Adds the records of a CPU that there is room for to the pieces. `tail` is where they end. */
int64_t PerfBuffer::Scan(const Cpu &cpu, size_t room, size_t *used, uint64_t *tail)
{
	perf_event_mmap_page *page = PageOf(cpu.memory);
	// Acquire: records are written before the head moves past them.
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t at = page->data_tail;
	*tail = at;
	// SAFETY: positions and sizes are on shared pages; they must fit the data.
	if (head - at > size_ || at % 8 != 0)
		return -EIO;
	while (at < head) {
		perf_event_header header;
		Copy(cpu, at, &header, sizeof(header));
		if (header.size < sizeof(header) || header.size % 8 != 0 || header.size > head - at)
			return -EIO;
		if (header.type == PERF_RECORD_LOST && header.size >= sizeof(header) + 16) {
			uint64_t lost;
			Copy(cpu, at + sizeof(header) + 8, &lost, sizeof(lost));
			lost_ += lost;
		} else if (header.type == PERF_RECORD_SAMPLE) {
			uint32_t length;
			Copy(cpu, at + sizeof(header), &length, sizeof(length));
			uint64_t start = at + sizeof(header) + sizeof(length);
			if (length > header.size - sizeof(header) - sizeof(length))
				return -EIO;
			if (kHeader + Padded(length) > room - *used)
				return pieces_.empty() ? -ENOSPC : 0;
			uint64_t key = 0;
			if (order_by_ >= 0 &&
			    length >= static_cast<uint32_t>(order_by_) + sizeof(key))
				Copy(cpu, start + static_cast<uint32_t>(order_by_), &key,
				     sizeof(key));
			pieces_.push_back({key, &cpu, start, length});
			*used += kHeader + Padded(length);
		}
		at += header.size;
		*tail = at;
	}
	return 0;
}

int64_t PerfBuffer::Consume(uint8_t *target, size_t room)
{
	pieces_.clear();
	tails_.assign(cpus_.size(), 0);
	size_t used = 0;
	size_t scanned = 0;
	int64_t status = 0;
	for (; scanned < cpus_.size() && status == 0; ++scanned) {
		size_t i = (first_ + scanned) % cpus_.size();
		status = Scan(cpus_[i], room, &used, &tails_[i]);
	}
	if (order_by_ >= 0)
		std::stable_sort(pieces_.begin(), pieces_.end(),
				 [](const Piece &a, const Piece &b) { return a.key < b.key; });
	uint8_t *end = target;
	for (const Piece &piece : pieces_) {
		uint32_t header[2] = {piece.length, 0};
		memcpy(end, header, sizeof(header));
		Copy(*piece.cpu, piece.at, end + kHeader, piece.length);
		size_t padded = Padded(piece.length);
		memset(end + kHeader + piece.length, 0, padded - piece.length);
		end += kHeader + padded;
	}
	for (size_t i = 0; i < scanned; ++i) {
		size_t index = (first_ + i) % cpus_.size();
		// Release: the kernel reuses the room as soon as it sees the position.
		__atomic_store_n(&PageOf(cpus_[index].memory)->data_tail, tails_[index],
				 __ATOMIC_RELEASE);
	}
	if (!cpus_.empty())
		first_ = (first_ + 1) % cpus_.size();
	// An error of a CPU can wait until those of the others are read.
	return pieces_.empty() ? status : end - target;
}

} // namespace snoopkit
