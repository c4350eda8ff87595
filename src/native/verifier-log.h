// Verifier logs of the programs of an object, written while it is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <bpf/libbpf.h>

namespace snoopkit
{

/** A program that the verifier rejected, and its log. */
struct Refusal {
	std::string program;
	std::string log;
};

/** Options of the verifier's log: BPF_LOG_LEVEL1 and the like, and bytes for each program. */
struct LogOptions {
	uint32_t level = 0;
	uint32_t size = uint32_t{16} << 20;
};

/**
 * Log buffers for one load of an object, one for each of its programs. At level 0 libbpf asks for a
 * log only if the kernel refused a program, by loading it again: a successful load costs no more.
 */
class VerifierLogs
{
public:
	VerifierLogs(bpf_object *object, LogOptions options);
	~VerifierLogs();
	VerifierLogs(const VerifierLogs &) = delete;
	VerifierLogs &operator=(const VerifierLogs &) = delete;

	/** Whether there is memory for the logs, and not only libbpf's own. */
	bool HasRoom() const { return memory_ || !has_programs_; }
	/** The refusal that ended the load, or none if the verifier was not the reason. */
	std::optional<Refusal> Take() const;
	/** The logs that were written, by program. */
	std::map<std::string, std::string> All() const;

private:
	std::string At(size_t index) const;

	size_t size_;
	bool has_programs_ = false;
	std::vector<const bpf_program *> programs_;
	char *memory_ = nullptr;
};

} // namespace snoopkit
