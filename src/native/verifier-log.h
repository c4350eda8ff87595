// What the verifier writes about each program while an object is loaded.
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
 * when the kernel refused a program, by loading it again: a load that succeeds costs no more.
 */
class VerifierLogs
{
public:
	explicit VerifierLogs(bpf_object *object);
	~VerifierLogs();
	VerifierLogs(const VerifierLogs &) = delete;
	VerifierLogs &operator=(const VerifierLogs &) = delete;

	/** Of the program that ended the load: none if the verifier was not the reason. */
	std::optional<Refusal> Take() const;

private:
	std::vector<const bpf_program *> programs_;
	char *memory_ = nullptr;
};

} // namespace snoopkit
