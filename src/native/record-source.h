// Where records of BPF programs come from.
#pragma once

#include <cstddef>
#include <cstdint>

namespace snoopkit
{

/** Memory that programs write records to, and one reader takes them from. */
class RecordSource
{
public:
	virtual ~RecordSource() = default;
	virtual uint64_t Pending() const = 0;
	/**
	 * Moves complete records: 8 bytes whose first u32 is the payload's length, and the payload,
	 * padded to 8 bytes. Returns the number of bytes moved, or a negated errno: -ENOSPC if the
	 * first record needs more room.
	 */
	virtual int64_t Consume(uint8_t *target, size_t room) = 0;
	/** Records that found no room, as far as the kernel has told. */
	virtual uint64_t Lost() const { return 0; }
};

} // namespace snoopkit
