#include "verifier-log.h"

#include <cstring>

#include <sys/mman.h>

namespace snoopkit
{
namespace
{

// Initial size, the same as libbpf's own. libbpf enlarges only its own buffers: a log longer than
// this ends in -ENOSPC, and since Linux 6.4 keeps its end. A failed load logs only the path to the
// failure, seldom more than some KiB.
constexpr size_t kSize = size_t{16} << 20;

} // namespace

VerifierLogs::VerifierLogs(bpf_object *object)
{
	bpf_program *program;
	std::vector<bpf_program *> loaded;
	bpf_object__for_each_program(program, object)
	{
		if (bpf_program__autoload(program))
			loaded.push_back(program);
	}
	if (loaded.empty())
		return;
	// Pages that the kernel never writes to take no memory.
	void *memory = mmap(nullptr, loaded.size() * kSize, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	// Address space may be limited: libbpf then uses a buffer of its own, and logs it.
	if (memory == MAP_FAILED)
		return;
	memory_ = static_cast<char *>(memory);
	programs_.assign(loaded.begin(), loaded.end());
	for (size_t i = 0; i < loaded.size(); ++i)
		bpf_program__set_log_buf(loaded[i], memory_ + i * kSize, kSize);
}

// SAFETY: libbpf keeps the pointers, but only a load uses them, and there is only one.
VerifierLogs::~VerifierLogs()
{
	if (memory_)
		munmap(memory_, programs_.size() * kSize);
}

std::optional<Refusal> VerifierLogs::Take() const
{
	// libbpf loads in this order and stops at the first failure: the last log belongs to it.
	for (size_t i = programs_.size(); i-- > 0;) {
		const char *log = memory_ + i * kSize;
		size_t length = strnlen(log, kSize);
		if (length > 0)
			return Refusal{bpf_program__name(programs_[i]), {log, length}};
	}
	return std::nullopt;
}

} // namespace snoopkit
