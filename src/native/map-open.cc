// How a map is had (made, by its id, from a pin, from another descriptor), and what concerns all of
// it.
#include "object.h"

#include <climits>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

bool IsPerCpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

int Describe(int fd, Map::State *state)
{
	memset(&state->about, 0, sizeof(state->about));
	uint32_t length = sizeof(state->about);
	int status = bpf_obj_get_info_by_fd(fd, &state->about, &length);
	if (status < 0)
		return status;
	state->key = state->about.key_size;
	state->value = state->about.value_size;
	if (IsPerCpu(state->about.type)) {
		int cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		state->value = (state->value + 7) / 8 * 8 * static_cast<size_t>(cpus);
	}
	return 0;
}

// Takes over the descriptor, or negated errno.
Napi::Value Adopted(Napi::Env env, int fd)
{
	if (fd < 0)
		return Status(env, fd);
	Map::State state;
	state.fd = fd;
	int status = Describe(fd, &state);
	if (status < 0) {
		close(fd);
		return Status(env, status);
	}
	return Map::Create(env, Addon::Of(env)->map, std::move(state));
}

// Storages want to know that a key is an int: the types of a C program say so. This makes them for
// a map that has no program: an int, and an array of bytes.
int LoadTypes(uint32_t value_size, bpf_map_create_opts *options)
{
	btf *types = btf__new_empty();
	if (!types)
		return LastError();
	int key = btf__add_int(types, "int", 4, BTF_INT_SIGNED);
	int byte = btf__add_int(types, "unsigned char", 1, 0);
	int value = btf__add_array(types, key, byte, value_size);
	int status = value < 0 ? value : btf__load_into_kernel(types);
	if (status == 0) {
		options->btf_fd = fcntl(btf__fd(types), F_DUPFD_CLOEXEC, 3);
		options->btf_key_type_id = static_cast<uint32_t>(key);
		options->btf_value_type_id = static_cast<uint32_t>(value);
	}
	btf__free(types);
	return status;
}

Napi::Value CreateMap(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	auto type = static_cast<bpf_map_type>(args.Unsigned(0));
	std::string name = args.Text(1);
	uint32_t key = args.Unsigned(2);
	uint32_t value = args.Unsigned(3);
	uint32_t entries = args.Unsigned(4);
	auto options = ZeroOptions<bpf_map_create_opts>();
	options.map_flags = args.Unsigned(5);
	int inner = args.Int(6);
	bool is_typed = args.Flag(7);
	if (!args.ok())
		return args.Env().Undefined();
	LogScope log(Addon::Of(args.Env()));
	options.inner_map_fd = inner < 0 ? 0 : static_cast<uint32_t>(inner);
	int status = is_typed ? LoadTypes(value, &options) : 0;
	if (status < 0)
		return Status(args.Env(), status);
	int fd = bpf_map_create(type, name.empty() ? nullptr : name.c_str(), key, value, entries,
				&options);
	if (is_typed)
		close(static_cast<int>(options.btf_fd));
	return Adopted(args.Env(), fd);
}

Napi::Value OpenMapById(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	uint32_t id = args.Unsigned(0);
	if (!args.ok())
		return args.Env().Undefined();
	return Adopted(args.Env(), bpf_map_get_fd_by_id(id));
}

Napi::Value OpenPinnedMap(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return args.Env().Undefined();
	return Adopted(args.Env(), OpenPinned(path, "anon_inode:bpf-map"));
}

} // namespace

int OpenPinned(const std::string &path, const std::string &kind)
{
	Descriptor object(bpf_obj_get(path.c_str()));
	if (!object)
		return object.get();
	std::string name = "/proc/self/fd/" + std::to_string(object.get());
	std::string target(kind.size() + 1, '\0');
	ssize_t length = readlink(name.c_str(), &target[0], target.size());
	if (length < 0 || target.compare(0, static_cast<size_t>(length), kind) != 0)
		return -EINVAL;
	return object.Give();
}

const napi_type_tag Map::tag = {0x8e41d2b7c05f3a96, 0x47a9f1e3d86b2c50};

Map::Map(const Napi::CallbackInfo &info) : Wrap(info)
{
	if (auto *state = Adopt<State>(info))
		state_ = std::move(*state);
}

Napi::Value Map::Duplicate(Napi::Env env, Addon *, int fd)
{
	int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return Adopted(env, duplicate < 0 ? LastError() : duplicate);
}

void Map::Release()
{
	if (state_.calls)
		DropCalls(state_.calls.get());
	if (state_.fd >= 0)
		close(std::exchange(state_.fd, -1));
}

Napi::Value Map::Close(const Napi::CallbackInfo &info)
{
	Release();
	return info.Env().Undefined();
}

Napi::Value Map::Fd(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), state_.fd < 0 ? -EBADF : state_.fd);
}

Napi::Value MapDetails(Napi::Env env, const bpf_map_info &about)
{
	Napi::Object entry = Napi::Object::New(env);
	entry["type"] = about.type;
	entry["keySize"] = about.key_size;
	entry["valueSize"] = about.value_size;
	entry["maxEntries"] = about.max_entries;
	entry["flags"] = about.map_flags;
	entry["id"] = about.id;
	entry["name"] = std::string(about.name, strnlen(about.name, sizeof(about.name)));
	entry["keyType"] = about.btf_key_type_id;
	entry["valueType"] = about.btf_value_type_id;
	return entry;
}

Napi::Value Map::Info(const Napi::CallbackInfo &info)
{
	return state_.fd < 0 ? Status(info.Env(), -EBADF) : MapDetails(info.Env(), state_.about);
}

// The BTF that the map was made with.
Napi::Value Map::Types(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (state_.fd < 0)
		return Status(env, -EBADF);
	if (state_.about.btf_id == 0)
		return Status(env, -ENOENT);
	int fd = bpf_btf_get_fd_by_id(state_.about.btf_id);
	if (fd < 0)
		return Status(env, fd);
	bpf_btf_info about;
	memset(&about, 0, sizeof(about));
	uint32_t length = sizeof(about);
	int status = bpf_obj_get_info_by_fd(fd, &about, &length);
	Napi::Value result = Status(env, status);
	if (status == 0) {
		uint32_t size = about.btf_size;
		auto bytes = Napi::Uint8Array::New(env, size);
		memset(&about, 0, sizeof(about));
		about.btf = reinterpret_cast<uint64_t>(bytes.Data());
		about.btf_size = size;
		length = sizeof(about);
		status = bpf_obj_get_info_by_fd(fd, &about, &length);
		result = status == 0 ? Napi::Value(bytes) : Status(env, status);
	}
	close(fd);
	return result;
}

Napi::Value Map::Freeze(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), state_.fd < 0 ? -EBADF : bpf_map_freeze(state_.fd));
}

Napi::Value Map::Pin(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string path = args.Text(0);
	if (!args.ok())
		return args.Env().Undefined();
	int fd = state_.fd;
	return Status(args.Env(), fd < 0 ? -EBADF : bpf_obj_pin(fd, path.c_str()));
}

// The memory of an array that has BPF_F_MMAPABLE.
Napi::Value Map::Mmap(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	if (state_.fd < 0)
		return Status(env, -EBADF);
	const bpf_map_info &about = state_.about;
	if (about.type != BPF_MAP_TYPE_ARRAY || !(about.map_flags & BPF_F_MMAPABLE))
		return Status(env, -EINVAL);
	size_t size = (state_.value + 7) / 8 * 8 * about.max_entries;
	// SAFETY: writable, or not at all: JavaScript may write to any buffer.
	void *memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, state_.fd, 0);
	if (memory == MAP_FAILED)
		return Status(env, -errno);
	// SAFETY: unmapped when V8 has no buffer of it any more, and never before.
	return Napi::ArrayBuffer::New(
		env, memory, size,
		[](Napi::Env, void *mapped, size_t *length) {
			munmap(mapped, *length);
			delete length;
		},
		new size_t(size));
}

void InitMapOpen(Napi::Env env, Napi::Object exports)
{
	exports["createMap"] = Napi::Function::New<CreateMap>(env, "createMap");
	exports["openMapById"] = Napi::Function::New<OpenMapById>(env, "openMapById");
	exports["openPinnedMap"] = Napi::Function::New<OpenPinnedMap>(env, "openPinnedMap");
}

} // namespace snoopkit
