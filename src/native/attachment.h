// How a program stays attached, and what is undone when its link is closed.
#pragma once

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

} // namespace snoopkit
