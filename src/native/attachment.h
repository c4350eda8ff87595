// How a program stays attached, and what is undone when its link is closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace snoopkit
{

/** A descriptor that is closed with its owner. */
class Descriptor
{
public:
	Descriptor() = default;
	explicit Descriptor(int fd) : fd_(fd) {}
	Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Descriptor &operator=(Descriptor &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		return *this;
	}
	~Descriptor()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	static Descriptor Duplicate(int fd) { return Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, 3)); }
	int get() const { return fd_; }
	/** Leaves it to another owner. */
	int Give() { return std::exchange(fd_, -1); }
	explicit operator bool() const { return fd_ >= 0; }

private:
	int fd_ = -1;
};

/** An attachment without a bpf_link: the destructor detaches. */
class Attachment
{
public:
	virtual ~Attachment() = default;
	/** Attaches now. A negated errno on failure; then the destructor detaches nothing. */
	virtual int Attach() = 0;
	/** Puts another program in place of this one, which is duplicated. */
	virtual int Update(Descriptor program) = 0;
};

constexpr size_t kNetlinkNameSize = 28;
constexpr size_t kNetlinkTailSize = kNetlinkNameSize + 12;

/**
 * By a message of rtnetlink(7), which the type after `type` undoes. Its body, a multiple of 4
 * bytes, ends with attributes for the program's name and its descriptor, which are filled in.
 * `clsact` is the index of an interface that needs this queue discipline, or 0.
 */
std::unique_ptr<Attachment> AttachByNetlink(Descriptor program, uint32_t type, const uint8_t *body,
					    size_t size, int clsact);

} // namespace snoopkit
