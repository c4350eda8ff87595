// A BPF object: opening, describing, changing before load, loading.
#include "object.h"

#include <csignal>
#include <cstring>

#include <bpf/bpf.h>

namespace snoopkit
{
namespace
{

/** BPF_F_LINK of enum bpf_map_flags, which the kernel's headers have since 6.4. */
constexpr uint32_t kStructOpsLink = 1U << 13;

Napi::Value OpenObject(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	Bytes bytes = args.Uint8Array(0);
	std::string name = args.Text(1);
	std::string btf = args.Text(2);
	std::string pin_root = args.Text(3);
	std::string token = args.Text(4);
	if (!args.ok())
		return info.Env().Undefined();
	Addon *addon = Addon::Of(info.Env());
	LogScope log(addon);
	// Copied also because the log's receiver could change the array while libbpf reads it.
	Object::Unload unload{{bytes.data, bytes.data + bytes.size}};
	auto options = ZeroOptions<bpf_object_open_opts>();
	options.object_name = name.empty() ? nullptr : name.c_str();
	options.btf_custom_path = btf.empty() ? nullptr : btf.c_str();
	options.pin_root_path = pin_root.empty() ? nullptr : pin_root.c_str();
	if (!token.empty()) {
#if LIBBPF_MAJOR_VERSION > 1 || LIBBPF_MINOR_VERSION >= 5
		options.bpf_token_path = token.c_str();
#else
		return Status(info.Env(), -ENOSYS);
#endif
	}
	bpf_object *object =
		bpf_object__open_mem(unload.bytes.data(), unload.bytes.size(), &options);
	if (!object)
		return Status(info.Env(), LastError());
	// Moving a vector leaves its bytes in place.
	Object::State state{{object, std::move(unload)}};
	return Object::Create(info.Env(), addon->object, std::move(state));
}

// libbpf names the map of global data `opensno.rodata`, after the object and cut to 15 characters,
// but the map of `.rodata.foo` after its section alone. Callers know sections.
std::string NameOf(const bpf_map *map)
{
	std::string name = bpf_map__name(map);
	if (!bpf_map__is_internal(map) || name[0] == '.')
		return name;
	size_t dot = name.rfind('.');
	return dot == std::string::npos ? name : name.substr(dot);
}

} // namespace

const napi_type_tag Object::tag = {0x5d1f3c0a7b2e4f61, 0x9a54c7e81b6d2f30};

Object::Object(const Napi::CallbackInfo &info) : Wrap(info)
{
	auto *state = Adopt<State>(info);
	if (!state)
		return;
	state_ = std::move(*state);
	bpf_map *map;
	bpf_object__for_each_map(map, state_.object.get()) maps_.emplace_back(NameOf(map), map);
}

void Object::Release()
{
	closing_ = true;
	if (busy_)
		return;
	state_.object.reset();
}

Napi::Value Object::Close(const Napi::CallbackInfo &info)
{
	LogScope log(addon_);
	Release();
	return info.Env().Undefined();
}

bpf_map *Object::FindMap(const std::string &name) const
{
	for (const auto &[own, map] : maps_) {
		if (own == name)
			return map;
	}
	return nullptr;
}

int Object::DescriptorOf(const std::string &name) const
{
	bpf_map *map = FindMap(name);
	if (!map)
		return -ENOENT;
	int fd = bpf_map__fd(map);
	return fd < 0 ? -EINVAL : fd;
}

bpf_program *Object::FindProgram(const std::string &name) const
{
	return bpf_object__find_program_by_name(state_.object.get(), name.c_str());
}

Napi::Value Object::Maps(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return Run(args, [&]() -> Napi::Value {
		Napi::Array list = Napi::Array::New(info.Env());
		for (const auto &[name, map] : maps_) {
			const char *pin_path = bpf_map__pin_path(map);
			Napi::Object entry = Napi::Object::New(info.Env());
			entry["name"] = name;
			entry["type"] = static_cast<uint32_t>(bpf_map__type(map));
			entry["keySize"] = bpf_map__key_size(map);
			entry["valueSize"] = bpf_map__value_size(map);
			entry["maxEntries"] = bpf_map__max_entries(map);
			entry["flags"] = bpf_map__map_flags(map);
			entry["hasVariables"] = bpf_map__is_internal(map);
			entry["pinPath"] = pin_path ? pin_path : "";
			list[list.Length()] = entry;
		}
		return list;
	});
}

Napi::Value Object::Programs(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return Run(args, [&]() -> Napi::Value {
		Napi::Array list = Napi::Array::New(info.Env());
		bpf_program *program;
		bpf_object__for_each_program(program, state_.object.get())
		{
			Napi::Object entry = Napi::Object::New(info.Env());
			entry["name"] = bpf_program__name(program);
			entry["section"] = bpf_program__section_name(program);
			entry["type"] = static_cast<uint32_t>(bpf_program__type(program));
			entry["attachType"] =
				static_cast<uint32_t>(bpf_program__expected_attach_type(program));
			entry["autoload"] = bpf_program__autoload(program);
			list[list.Length()] = entry;
		}
		return list;
	});
}

Napi::Value Object::SetOfMap(const Napi::CallbackInfo &info, int (*set)(bpf_map *, uint32_t))
{
	Arguments args(info);
	std::string name = args.Text(0);
	uint32_t value = args.Unsigned(1);
	return Run(args, [&] {
		bpf_map *map = FindMap(name);
		if (!map)
			return -ENOENT;
		// SAFETY: libbpf reads, and unmaps, as many bytes of its copy of the variables as
		// the sizes say: before 1.3 also where they were changed.
		return bpf_map__is_internal(map) ? -EINVAL : set(map, value);
	});
}

Napi::Value Object::SetMaxEntries(const Napi::CallbackInfo &info)
{
	return SetOfMap(info, bpf_map__set_max_entries);
}

Napi::Value Object::SetValueSize(const Napi::CallbackInfo &info)
{
	return SetOfMap(info, bpf_map__set_value_size);
}

Napi::Value Object::SetPinPath(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	std::string path = args.Text(1);
	return Run(args, [&] {
		bpf_map *map = FindMap(name);
		if (!map)
			return -ENOENT;
		return bpf_map__set_pin_path(map, path.empty() ? nullptr : path.c_str());
	});
}

Napi::Value Object::ReuseMap(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	int fd = args.Int(1);
	return Run(args, [&] {
		bpf_map *map = FindMap(name);
		return map ? bpf_map__reuse_fd(map, fd) : -ENOENT;
	});
}

Napi::Value Object::SetAutoload(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	bool load = args.Flag(1);
	return Run(args, [&] {
		bpf_program *program = FindProgram(name);
		return program ? bpf_program__set_autoload(program, load) : -ENOENT;
	});
}

Napi::Value Object::SetAttachTarget(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	std::string target = args.Text(1);
	int of = args.Int(2);
	return Run(args, [&] {
		bpf_program *program = FindProgram(name);
		if (!program)
			return -ENOENT;
		bpf_attach_type type = bpf_program__expected_attach_type(program);
		// libbpf would keep the kernel's BTF, some MB, until a load, and for ever without
		// one.
		if (of == 0 && phase_ == Phase::Opened &&
		    libbpf_find_vmlinux_btf_id(target.c_str(), type) > 0) {
			targets_[program] = target;
			return 0;
		}
		targets_.erase(program);
		return bpf_program__set_attach_target(program, of, target.c_str());
	});
}

Napi::Value Object::SetProgramType(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	auto type = static_cast<bpf_prog_type>(args.Unsigned(1));
	auto attach_type = static_cast<bpf_attach_type>(args.Unsigned(2));
	return Run(args, [&] {
		bpf_program *program = FindProgram(name);
		if (!program)
			return -ENOENT;
		int error = bpf_program__set_type(program, type);
		return error < 0 ? error
				 : bpf_program__set_expected_attach_type(program, attach_type);
	});
}

Napi::Value Object::AttachStructOps(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	return Run(args, [&]() -> Napi::Value {
		bpf_map *map = FindMap(name);
		if (!map)
			return Status(args.Env(), -ENOENT);
		Link::State state;
		state.lender = state_.object;
		state.link.reset(bpf_map__attach_struct_ops(map));
		state.is_map = (bpf_map__map_flags(map) & kStructOpsLink) == 0;
		if (!state.link)
			return Status(args.Env(), LastError());
		return Link::Create(args.Env(), addon_->link, std::move(state));
	});
}

Napi::Value Object::SetVerifierLog(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	LogOptions options{args.Unsigned(0), args.Unsigned(1)};
	return Run(args, [&] {
		log_options_ = options;
		return 0;
	});
}

Napi::Value Object::Load(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return Run(args, [&] {
		VerifierLogs logs(state_.object.get(), log_options_);
		if (log_options_.level > 0 && !logs.HasRoom())
			return -ENOMEM;
		for (const auto &[program, target] : targets_) {
			int error = bpf_program__set_attach_target(program, 0, target.c_str());
			if (error < 0)
				return error;
		}
		// The verifier gives up with -EAGAIN as soon as a signal is pending for the thread,
		// and under a profiler there always is one: signals are blocked until it is done.
		sigset_t all, before;
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		int status = bpf_object__load(state_.object.get());
		pthread_sigmask(SIG_SETMASK, &before, nullptr);
		refusal_ = status < 0 ? logs.Take() : std::nullopt;
		if (log_options_.level > 0 && status == 0)
			logs_ = logs.All();
		// A second load is refused and changes nothing.
		if (phase_ == Phase::Opened)
			phase_ = status < 0 ? Phase::Failed : Phase::Loaded;
		return status;
	});
}

Napi::Value Object::RefusedProgram(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	return Run(args, [&]() -> Napi::Value {
		if (!refusal_)
			return Status(args.Env(), -ENOENT);
		Napi::Object refusal = Napi::Object::New(args.Env());
		refusal["program"] = refusal_->program;
		refusal["log"] = refusal_->log;
		return refusal;
	});
}

Napi::Value Object::ProgramLog(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	return Run(args, [&]() -> Napi::Value {
		auto log = logs_.find(name);
		return Napi::String::New(args.Env(), log == logs_.end() ? "" : log->second);
	});
}

Napi::Value Object::MapFd(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	return Run(args, [&] { return DescriptorOf(name); });
}

Napi::Value Object::OpenMap(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	return Run(args, [&]() -> Napi::Value {
		int fd = DescriptorOf(name);
		return fd < 0 ? Status(args.Env(), fd) : Map::Duplicate(args.Env(), addon_, fd);
	});
}

Napi::Value Object::OpenProgram(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	return Run(args, [&]() -> Napi::Value {
		bpf_program *program = FindProgram(name);
		if (!program)
			return Status(args.Env(), -ENOENT);
		return Program::Open(args.Env(), addon_, state_.object, program);
	});
}

void InitObject(Napi::Env env, Napi::Object exports, Addon *addon)
{
	addon->object = Napi::Persistent(Object::DefineClass(
		env, "NativeObject",
		{
			Object::InstanceMethod<&Object::Maps>("maps"),
			Object::InstanceMethod<&Object::Programs>("programs"),
			Object::InstanceMethod<&Object::SetMaxEntries>("setMaxEntries"),
			Object::InstanceMethod<&Object::SetValueSize>("setValueSize"),
			Object::InstanceMethod<&Object::SetPinPath>("setPinPath"),
			Object::InstanceMethod<&Object::ReuseMap>("reuseMap"),
			Object::InstanceMethod<&Object::SetAutoload>("setAutoload"),
			Object::InstanceMethod<&Object::SetAttachTarget>("setAttachTarget"),
			Object::InstanceMethod<&Object::TypesOf>("btf"),
			Object::InstanceMethod<&Object::SetProgramType>("setProgramType"),
			Object::InstanceMethod<&Object::AttachStructOps>("attachStructOps"),
			Object::InstanceMethod<&Object::ReadImage>("readImage"),
			Object::InstanceMethod<&Object::WriteImage>("writeImage"),
			Object::InstanceMethod<&Object::SetVerifierLog>("setVerifierLog"),
			Object::InstanceMethod<&Object::Load>("load"),
			Object::InstanceMethod<&Object::RefusedProgram>("refusedProgram"),
			Object::InstanceMethod<&Object::ProgramLog>("programLog"),
			Object::InstanceMethod<&Object::OpenMap>("openMap"),
			Object::InstanceMethod<&Object::OpenProgram>("openProgram"),
			Object::InstanceMethod<&Object::MapFd>("mapFd"),
			Object::InstanceMethod<&Object::Close>("close"),
		}));
	exports["openObject"] = Napi::Function::New<OpenObject>(env, "openObject");
}

} // namespace snoopkit
