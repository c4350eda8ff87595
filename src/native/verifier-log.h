// Verifier logs of the programs of an object, written while it is loaded.
#pragma once

#include <cstddef>
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

/**
 * Log buffers for one load of an object, one for each of its programs. libbpf asks for a log only
 * if the kernel refused a program, by loading it again: a successful load costs no more.
 */
class VerifierLogs
{
public:
	explicit VerifierLogs(bpf_object *object);
	~VerifierLogs();
	VerifierLogs(const VerifierLogs &) = delete;
	VerifierLogs &operator=(const VerifierLogs &) = delete;

	/** The refusal that ended the load, or none if the verifier was not the reason. */
	std::optional<Refusal> Take() const;

private:
	std::vector<const bpf_program *> programs_;
	char *memory_ = nullptr;
};

} // namespace snoopkit
