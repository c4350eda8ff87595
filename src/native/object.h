// An opened BPF object, and the maps and links that it gives out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bpf/libbpf.h>

#include "addon.h"
#include "verifier-log.h"

namespace snoopkit
{

class Link : public Wrap<Link>
{
public:
	struct Destroy {
		void operator()(bpf_link *link) const { bpf_link__destroy(link); }
	};
	struct State {
		// SAFETY: the order counts, the link must go before what it borrows.
		std::shared_ptr<bpf_object> lender;
		std::unique_ptr<bpf_link, Destroy> link;
	};
	static const napi_type_tag tag;

	explicit Link(const Napi::CallbackInfo &info);
	void Release() override;

	Napi::Value Fd(const Napi::CallbackInfo &info);
	Napi::Value CreateIterator(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

private:
	State state_;
};

/** A map's descriptor of its own, which outlives the object's. */
class Map : public Wrap<Map>
{
public:
	struct State {
		int fd = -1;
		// In bytes, all CPUs' together; of the descriptor, and so for good.
		size_t key = 0;
		size_t value = 0;
	};
	static const napi_type_tag tag;

	explicit Map(const Napi::CallbackInfo &info);
	~Map() override { Release(); }
	/** Of another descriptor of the same map; a negated errno where that can't be had. */
	static Napi::Value Duplicate(Napi::Env env, Addon *addon, int fd);
	void Release() override;

	Napi::Value Fd(const Napi::CallbackInfo &info);
	Napi::Value Lookup(const Napi::CallbackInfo &info);
	Napi::Value Update(const Napi::CallbackInfo &info);
	Napi::Value Delete(const Napi::CallbackInfo &info);
	Napi::Value NextKey(const Napi::CallbackInfo &info);
	Napi::Value ReadAll(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

private:
	template <typename Call>
	Napi::Value WithSizes(const Arguments &args, const Bytes &key, const Bytes *value,
			      Call call);

	State state_;
};

class Object : public Wrap<Object>
{
public:
	struct Unload {
		// SAFETY: libbpf does not say when it is done with the memory it opened, so that
		// lasts as long as the object, which a link may make longer than ours.
		std::vector<uint8_t> bytes;
		void operator()(bpf_object *object) const { bpf_object__close(object); }
	};
	struct State {
		std::shared_ptr<bpf_object> object;
	};
	static const napi_type_tag tag;

	explicit Object(const Napi::CallbackInfo &info);
	void Release() override;

	// object.cc
	Napi::Value Maps(const Napi::CallbackInfo &info);
	Napi::Value Programs(const Napi::CallbackInfo &info);
	Napi::Value SetOfMap(const Napi::CallbackInfo &info, int (*set)(bpf_map *, uint32_t));
	Napi::Value SetMaxEntries(const Napi::CallbackInfo &info);
	Napi::Value SetValueSize(const Napi::CallbackInfo &info);
	Napi::Value SetAutoload(const Napi::CallbackInfo &info);
	Napi::Value SetAttachTarget(const Napi::CallbackInfo &info);
	Napi::Value Load(const Napi::CallbackInfo &info);
	Napi::Value RefusedProgram(const Napi::CallbackInfo &info);
	Napi::Value OpenMap(const Napi::CallbackInfo &info);
	Napi::Value MapFd(const Napi::CallbackInfo &info);
	Napi::Value ProgramFd(const Napi::CallbackInfo &info);
	Napi::Value ProgramMisses(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);
	// image.cc
	Napi::Value ReadImage(const Napi::CallbackInfo &info);
	Napi::Value WriteImage(const Napi::CallbackInfo &info);
	// link.cc
	Napi::Value Attach(const Napi::CallbackInfo &info);
	Napi::Value AttachPerfEvent(const Napi::CallbackInfo &info);
	Napi::Value AttachRawTracepoint(const Napi::CallbackInfo &info);
	Napi::Value AttachKprobe(const Napi::CallbackInfo &info);
	Napi::Value AttachUprobe(const Napi::CallbackInfo &info);
	Napi::Value AttachCgroup(const Napi::CallbackInfo &info);
	Napi::Value AttachXdp(const Napi::CallbackInfo &info);
	Napi::Value AttachIter(const Napi::CallbackInfo &info);

private:
	enum class Phase { Opened, Loaded, Failed };

	static Napi::Value ToValue(Napi::Env env, int status) { return Status(env, status); }
	static Napi::Value ToValue(Napi::Env, Napi::Value value) { return value; }

	/**
	 * Runs `work` (to a status or a value) on the open object. libbpf's log calls JavaScript in
	 * the midst of it, which may call back: then the object is busy, and a close() waits.
	 */
	template <typename Work> Napi::Value Run(const Arguments &args, Work work)
	{
		Napi::Env env = args.Env();
		if (!args.ok())
			return env.Undefined();
		if (!state_.object || closing_)
			return Status(env, -EBADF);
		if (busy_)
			return Status(env, -EBUSY);
		LogScope log(addon_);
		busy_ = true;
		Napi::Value value = ToValue(env, work());
		busy_ = false;
		if (closing_)
			Release();
		return value;
	}
	template <typename Attacher>
	Napi::Value AttachWith(const Arguments &args, const std::string &name, Attacher attach);
	bpf_map *FindMap(const std::string &name) const;
	bpf_program *FindProgram(const std::string &name) const;

	State state_;
	Phase phase_ = Phase::Opened;
	/** Of the last load. */
	std::optional<Refusal> refusal_;
	bool busy_ = false;
	bool closing_ = false;
};

} // namespace snoopkit
