#include "verifier-log.h"

#include <cstring>

#include <sys/mman.h>

namespace snoopkit
{

// libbpf enlarges only its own buffers: a log longer than this one ends in -ENOSPC, and since
// Linux 6.4 keeps its end. A failed load logs only the path to the failure, seldom more than some
// KiB.
VerifierLogs::VerifierLogs(bpf_object *object, LogOptions options) : size_(options.size)
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
	has_programs_ = true;
	// Pages that the kernel never writes to take no memory.
	void *memory = mmap(nullptr, loaded.size() * size_, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	// Address space may be limited: libbpf then uses a buffer of its own, and logs it.
	if (memory == MAP_FAILED)
		return;
	memory_ = static_cast<char *>(memory);
	programs_.assign(loaded.begin(), loaded.end());
	for (size_t i = 0; i < loaded.size(); ++i) {
		bpf_program__set_log_buf(loaded[i], memory_ + i * size_, size_);
		bpf_program__set_log_level(loaded[i], options.level);
	}
}

// SAFETY: libbpf keeps the pointers, but only a load uses them, and there is only one.
VerifierLogs::~VerifierLogs()
{
	if (memory_)
		munmap(memory_, programs_.size() * size_);
}

std::optional<Refusal> VerifierLogs::Take() const
{
	// libbpf loads in this order and stops at the first failure: the last log belongs to it.
	for (size_t i = programs_.size(); i-- > 0;) {
		std::string log = At(i);
		if (!log.empty())
			return Refusal{bpf_program__name(programs_[i]), std::move(log)};
	}
	return std::nullopt;
}

std::map<std::string, std::string> VerifierLogs::All() const
{
	std::map<std::string, std::string> logs;
	for (size_t i = 0; i < programs_.size(); ++i)
		logs.emplace(bpf_program__name(programs_[i]), At(i));
	return logs;
}

std::string VerifierLogs::At(size_t index) const
{
	const char *log = memory_ + index * size_;
	return {log, strnlen(log, size_)};
}

} // namespace snoopkit
