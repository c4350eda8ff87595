// Attaching a program by a message of rtnetlink(7): to routes, and as an action, for which libbpf
// has no calls.
#include "addon.h"
#include "attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/netlink.h>
#include <sys/socket.h>

namespace snoopkit
{
namespace
{

/** Logs the kernel's words for an error, if its answer has some, as libbpf does. */
void LogMessage(const nlmsghdr *answer, const nlmsgerr *error)
{
	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	// The request's body is repeated unless the answer is capped.
	size_t at = NLMSG_LENGTH(sizeof(*error));
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	const char *bytes = reinterpret_cast<const char *>(answer);
	while (at + NLA_HDRLEN <= answer->nlmsg_len) {
		const auto *attribute = reinterpret_cast<const nlattr *>(bytes + at);
		if (attribute->nla_len < NLA_HDRLEN || at + attribute->nla_len > answer->nlmsg_len)
			return;
		if (attribute->nla_type == NLMSGERR_ATTR_MSG) {
			std::string text(bytes + at + NLA_HDRLEN, attribute->nla_len - NLA_HDRLEN);
			LogWarning("libbpf: Kernel error message: %s\n", text.c_str());
			return;
		}
		at += NLA_ALIGN(attribute->nla_len);
	}
}

/** Sends a message, header included, and returns the kernel's answer: 0, or a negated errno. */
int Request(const std::vector<uint8_t> &message)
{
	Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
	if (!socket)
		return -errno;
	int on = 1;
	// For the kernel's words beside the error.
	setsockopt(socket.get(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	if (send(socket.get(), message.data(), message.size(), 0) < 0)
		return -errno;
	alignas(nlmsghdr) char buffer[8192];
	ssize_t length = recv(socket.get(), buffer, sizeof(buffer), 0);
	if (length < 0)
		return -errno;
	const auto *answer = reinterpret_cast<const nlmsghdr *>(buffer);
	if (!NLMSG_OK(answer, static_cast<size_t>(length)) || answer->nlmsg_type != NLMSG_ERROR ||
	    answer->nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr)))
		return -EPROTO;
	const auto *error = reinterpret_cast<const nlmsgerr *>(NLMSG_DATA(answer));
	if (error->error)
		LogMessage(answer, error);
	return error->error;
}

/** The last bytes of a body: the program's name and its descriptor. */
struct Tail {
	nlattr name_header;
	char name[kNetlinkNameSize];
	nlattr descriptor_header;
	int descriptor;
};
static_assert(sizeof(Tail) == kNetlinkTailSize, "there is no padding");

/**
 * A name that tells programs apart: to the kernel, routes whose programs have one name are the
 * same.
 */
int SetProgram(Tail *tail, int program)
{
	bpf_prog_info about;
	memset(&about, 0, sizeof(about));
	uint32_t length = sizeof(about);
	int error = bpf_obj_get_info_by_fd(program, &about, &length);
	if (error < 0)
		return error;
	memset(tail->name, 0, sizeof(tail->name));
	snprintf(tail->name, sizeof(tail->name), "%.*s:%u", static_cast<int>(sizeof(about.name)),
		 about.name, about.id);
	tail->descriptor = program;
	return 0;
}

class NetlinkAttachment : public Attachment
{
public:
	NetlinkAttachment(Descriptor program, uint32_t type, const uint8_t *body, size_t size,
			  int clsact)
	    : program_(std::move(program)), type_(type), message_(NLMSG_HDRLEN + size),
	      clsact_(clsact)
	{
		memcpy(message_.data() + NLMSG_HDRLEN, body, size);
	}
	~NetlinkAttachment() override
	{
		if (attached_)
			Send(type_ + 1, 0, program_.get());
	}
	int Attach() override
	{
		auto hook = ZeroOptions<bpf_tc_hook>();
		hook.ifindex = clsact_;
		hook.attach_point = BPF_TC_INGRESS;
		int error = clsact_ ? bpf_tc_hook_create(&hook) : 0;
		if (error < 0 && error != -EEXIST)
			return error;
		error = Send(type_, NLM_F_CREATE | NLM_F_EXCL, program_.get());
		attached_ = error == 0;
		return error;
	}
	int Update(Descriptor program) override
	{
		// A route that is gone is not made again. Of filters without a handle, the kernel
		// finds none unless it may make one.
		uint16_t flags = clsact_ ? NLM_F_CREATE | NLM_F_REPLACE : NLM_F_REPLACE;
		int error = Send(type_, flags, program.get());
		if (error == 0)
			program_ = std::move(program);
		return error;
	}

private:
	int Send(uint32_t type, uint16_t flags, int program)
	{
		nlmsghdr header = {};
		header.nlmsg_len = static_cast<uint32_t>(message_.size());
		header.nlmsg_type = static_cast<uint16_t>(type);
		header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
		memcpy(message_.data(), &header, sizeof(header));
		uint8_t *end = message_.data() + message_.size();
		int error = SetProgram(reinterpret_cast<Tail *>(end - sizeof(Tail)), program);
		return error < 0 ? error : Request(message_);
	}

	Descriptor program_;
	uint32_t type_;
	std::vector<uint8_t> message_;
	int clsact_;
	bool attached_ = false;
};

} // namespace

std::unique_ptr<Attachment> AttachByNetlink(Descriptor program, uint32_t type, const uint8_t *body,
					    size_t size, int clsact)
{
	return std::make_unique<NetlinkAttachment>(std::move(program), type, body, size, clsact);
}

} // namespace snoopkit
