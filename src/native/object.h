// An opened BPF object, and the maps, programs and links that come of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "addon.h"
#include "attachment.h"
#include "verifier-log.h"

namespace snoopkit
{

/**
 * Fills in the kernel's description of a program; a negated errno. Members that are set ask for
 * arrays, and all others are zero.
 */
int ReadProgram(int fd, bpf_prog_info *about);

/** Bytes of memory that the kernel charges for a program or map, which only /proc tells; else 0. */
double MemoryOf(int fd);

/** The kernel's description of a program, link or map; a negated errno. */
Napi::Value ProgramDetails(Napi::Env env, int fd);
Napi::Value LinkDetails(Napi::Env env, int fd);
Napi::Value MapDetails(Napi::Env env, const bpf_map_info &about);

class Link : public Wrap<Link>
{
public:
	struct Destroy {
		void operator()(bpf_link *link) const { bpf_link__destroy(link); }
	};
	struct State {
		// SAFETY: the order matters, the link must be destroyed before the object that it
		// borrows.
		std::shared_ptr<bpf_object> lender;
		// One of the three: libbpf's, a descriptor of the kernel's, or none of either.
		std::unique_ptr<bpf_link, Destroy> link;
		Descriptor fd;
		// Shared, because libbpf's log may close the link during a call.
		std::shared_ptr<Attachment> attachment;
		// Whether `link` is one of libbpf's alone: its descriptor is a map's.
		bool is_map = false;
	};
	static const napi_type_tag tag;

	explicit Link(const Napi::CallbackInfo &info);
	void Release() override;

	Napi::Value Fd(const Napi::CallbackInfo &info);
	Napi::Value CreateIterator(const Napi::CallbackInfo &info);
	Napi::Value Pin(const Napi::CallbackInfo &info);
	Napi::Value Update(const Napi::CallbackInfo &info);
	Napi::Value Detach(const Napi::CallbackInfo &info);
	Napi::Value Info(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

private:
	/** Descriptor of the bpf_link; a negated errno if it is closed, or if there is none. */
	int LinkFd() const;

	State state_;
};

/**
 * BPF_OBJ_GET of an object of one kind, which the kernel names so, such as anon_inode:bpf-map.
 * Returns a descriptor or a negated errno; -EINVAL for another kind. SAFETY: the kernel describes
 * whatever BPF object a descriptor is of, and the description of one kind is not that of another.
 */
int OpenPinned(const std::string &path, const std::string &kind);

/** A program by a descriptor of its own: of a loaded object, or had without one. */
class Program : public Wrap<Program>
{
public:
	struct State {
		// SAFETY: the program is a part of it, and lasts as long. Both are null without an
		// object.
		std::shared_ptr<bpf_object> lender;
		bpf_program *program = nullptr;
		int fd = -1;
	};
	static const napi_type_tag tag;

	explicit Program(const Napi::CallbackInfo &info);
	~Program() override { Release(); }
	/** A negated errno if the program is not loaded, or a descriptor can't be had. */
	static Napi::Value Open(Napi::Env env, Addon *addon, std::shared_ptr<bpf_object> lender,
				bpf_program *program);
	void Release() override;

	// program.cc
	Napi::Value Fd(const Napi::CallbackInfo &info);
	Napi::Value Misses(const Napi::CallbackInfo &info);
	Napi::Value Info(const Napi::CallbackInfo &info);
	Napi::Value Pin(const Napi::CallbackInfo &info);
	Napi::Value Run(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);
	// program-open.cc
	Napi::Value Code(const Napi::CallbackInfo &info);
	Napi::Value Memory(const Napi::CallbackInfo &info);
	Napi::Value Origin(const Napi::CallbackInfo &info);
	// attach-trace.cc
	Napi::Value Attach(const Napi::CallbackInfo &info);
	Napi::Value AttachPerfEvent(const Napi::CallbackInfo &info);
	Napi::Value AttachRawTracepoint(const Napi::CallbackInfo &info);
	Napi::Value AttachKprobe(const Napi::CallbackInfo &info);
	Napi::Value AttachKprobes(const Napi::CallbackInfo &info);
	Napi::Value AttachUprobe(const Napi::CallbackInfo &info);
	Napi::Value AttachUprobes(const Napi::CallbackInfo &info);
	Napi::Value AttachUsdt(const Napi::CallbackInfo &info);
	Napi::Value AttachTrace(const Napi::CallbackInfo &info);
	Napi::Value AttachFreplace(const Napi::CallbackInfo &info);
	Napi::Value AttachIter(const Napi::CallbackInfo &info);
	// attach-net.cc
	Napi::Value CreateLink(const Napi::CallbackInfo &info);
	Napi::Value AttachNetfilter(const Napi::CallbackInfo &info);
	Napi::Value AttachTarget(const Napi::CallbackInfo &info);
	Napi::Value AttachSocket(const Napi::CallbackInfo &info);
	Napi::Value ReplaceXdp(const Napi::CallbackInfo &info);
	Napi::Value AttachTc(const Napi::CallbackInfo &info);
	Napi::Value AttachNetlink(const Napi::CallbackInfo &info);

private:
	/** The link of a descriptor, or of a negated errno the number. */
	static Napi::Value LinkOf(Napi::Env env, int fd);
	static int LinkPerfEvent(int program, int event);
	/** Attaches by libbpf, or without an object by `create`, given the descriptor. */
	template <typename Attacher, typename Creator>
	Napi::Value AttachEither(const Arguments &args, Attacher attach, Creator create);
	/** -EOPNOTSUPP without an object. */
	template <typename Attacher> Napi::Value AttachWith(const Arguments &args, Attacher attach);
	/** By a call that returns a descriptor of a bpf_link, given that of the program. */
	template <typename Creator>
	Napi::Value LinkWith(const Arguments &args, Creator create) const;
	/** By an attachment without a bpf_link, made of the program's descriptor. */
	template <typename Maker> Napi::Value KeepWith(const Arguments &args, Maker make) const;

	State state_;
};

struct MapCalls;
/** Has the calls fail from now on: the map is closed. */
void DropCalls(MapCalls *calls);

/** A map's descriptor of its own, which outlives the object's. */
class Map : public Wrap<Map>
{
public:
	struct State {
		int fd = -1;
		bpf_map_info about;
		// In bytes, all CPUs' together; of the descriptor, and so for good.
		size_t key = 0;
		size_t value = 0;
		std::shared_ptr<MapCalls> calls;
	};
	static const napi_type_tag tag;

	explicit Map(const Napi::CallbackInfo &info);
	~Map() override { Release(); }
	/** By another descriptor of the same map; a negated errno where that can't be had. */
	static Napi::Value Duplicate(Napi::Env env, Addon *addon, int fd);
	void Release() override;

	Napi::Value Fd(const Napi::CallbackInfo &info);
	Napi::Value Info(const Napi::CallbackInfo &info);
	Napi::Value Calls(const Napi::CallbackInfo &info);
	Napi::Value Types(const Napi::CallbackInfo &info);
	Napi::Value Freeze(const Napi::CallbackInfo &info);
	Napi::Value Pin(const Napi::CallbackInfo &info);
	Napi::Value Mmap(const Napi::CallbackInfo &info);
	Napi::Value ReadBatch(const Napi::CallbackInfo &info);
	Napi::Value WriteBatch(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);

private:
	int Room(const Bytes &keys, const Bytes &values, uint32_t *count) const;

	State state_;
};

class Object : public Wrap<Object>
{
public:
	struct Unload {
		// SAFETY: libbpf does not define how long it uses the memory it opened, so the
		// memory lives as long as the bpf_object, which a link may keep longer than our
		// Object.
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
	Napi::Value SetPinPath(const Napi::CallbackInfo &info);
	Napi::Value ReuseMap(const Napi::CallbackInfo &info);
	Napi::Value SetAutoload(const Napi::CallbackInfo &info);
	Napi::Value SetAttachTarget(const Napi::CallbackInfo &info);
	Napi::Value SetProgramType(const Napi::CallbackInfo &info);
	Napi::Value AttachStructOps(const Napi::CallbackInfo &info);
	Napi::Value Load(const Napi::CallbackInfo &info);
	Napi::Value SetVerifierLog(const Napi::CallbackInfo &info);
	Napi::Value ProgramLog(const Napi::CallbackInfo &info);
	Napi::Value RefusedProgram(const Napi::CallbackInfo &info);
	Napi::Value OpenMap(const Napi::CallbackInfo &info);
	Napi::Value MapFd(const Napi::CallbackInfo &info);
	Napi::Value OpenProgram(const Napi::CallbackInfo &info);
	Napi::Value Close(const Napi::CallbackInfo &info);
	// image.cc
	Napi::Value TypesOf(const Napi::CallbackInfo &info);
	Napi::Value ReadImage(const Napi::CallbackInfo &info);
	Napi::Value WriteImage(const Napi::CallbackInfo &info);

private:
	enum class Phase { Opened, Loaded, Failed };

	static Napi::Value ToValue(Napi::Env env, int status) { return Status(env, status); }
	static Napi::Value ToValue(Napi::Env, Napi::Value value) { return value; }

	/**
	 * Runs `work` (to a status or a value) on the open object. libbpf's log calls JavaScript
	 * meanwhile, which may call back: the object is then busy, and a close() waits.
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
	bpf_map *FindMap(const std::string &name) const;
	/** Of a map that is loaded, or a negative errno. */
	int DescriptorOf(const std::string &name) const;
	bpf_program *FindProgram(const std::string &name) const;

	State state_;
	/** By the names of the object: libbpf gives a map the name of the one that it reuses. */
	std::vector<std::pair<std::string, bpf_map *>> maps_;
	Phase phase_ = Phase::Opened;
	/** From the last load. */
	LogOptions log_options_;
	/** Functions and tracepoints of the kernel that take the place of those of sections, at
	 * load. */
	std::map<bpf_program *, std::string> targets_;
	std::optional<Refusal> refusal_;
	std::map<std::string, std::string> logs_;
	bool busy_ = false;
	bool closing_ = false;
};

void InitMapOpen(Napi::Env env, Napi::Object exports);

} // namespace snoopkit
