// System state without a file in /proc or /sys that JavaScript could read itself.
#include "addon.h"

#include <ctime>
#include <string>

#include <bpf/libbpf.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace snoopkit
{
namespace
{

Napi::Value LibbpfVersion(const Napi::CallbackInfo &info)
{
	const char *version = libbpf_version_string();
	return Napi::String::New(info.Env(), *version == 'v' ? version + 1 : version);
}

Napi::Value LibbpfHeaders(const Napi::CallbackInfo &info)
{
	return Napi::String::New(info.Env(), std::to_string(LIBBPF_MAJOR_VERSION) + "." +
						     std::to_string(LIBBPF_MINOR_VERSION));
}

Napi::Value PossibleCpus(const Napi::CallbackInfo &info)
{
	LogScope log(Addon::Of(info.Env()));
	return Status(info.Env(), libbpf_num_possible_cpus());
}

int64_t Nanoseconds(clockid_t clock)
{
	timespec time;
	clock_gettime(clock, &time);
	return static_cast<int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

Napi::Value BootTime(const Napi::CallbackInfo &info)
{
	return Napi::BigInt::New(info.Env(), Nanoseconds(CLOCK_BOOTTIME));
}

// No call reads both clocks at one moment: the boot clock is read between two readings of the
// other. The narrowest of a few such brackets is the one that nothing interrupted.
Napi::Value BootToRealtime(const Napi::CallbackInfo &info)
{
	Napi::Env env = info.Env();
	int64_t narrowest = INT64_MAX;
	int64_t offset = 0;
	for (int round = 0; round < 5 || narrowest == INT64_MAX; ++round) {
		int64_t before = Nanoseconds(CLOCK_REALTIME);
		int64_t boot = Nanoseconds(CLOCK_BOOTTIME);
		int64_t width = Nanoseconds(CLOCK_REALTIME) - before;
		// Negative if the clock was set back in between.
		if (width >= 0 && width < narrowest) {
			narrowest = width;
			offset = before + width / 2 - boot;
		}
	}
	Napi::Object result = Napi::Object::New(env);
	result["offset"] = Napi::BigInt::New(env, offset);
	result["error"] = Napi::Number::New(env, static_cast<double>(narrowest / 2 + 1));
	return result;
}

void *DoNothing(void *)
{
	return nullptr;
}

Napi::Value CreateThread(const Napi::CallbackInfo &info)
{
	pthread_t thread;
	int error = pthread_create(&thread, nullptr, DoNothing, nullptr);
	if (error == 0)
		pthread_join(thread, nullptr);
	return Status(info.Env(), -error);
}

int Syscall(long result)
{
	return result < 0 ? -errno : static_cast<int>(result);
}

// By number, since glibc has no wrappers before 2.36.
int MountTracefs()
{
	int context = Syscall(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC));
	if (context < 0)
		return context;
	int result =
		Syscall(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
	if (result == 0)
		result = Syscall(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY));
	close(context);
	return result;
}

Napi::Value OpenTracefs(const Napi::CallbackInfo &info)
{
	return Status(info.Env(), MountTracefs());
}

Napi::Value OpenPerfEventFd(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = OpenPerfEvent(&args);
	return args.ok() ? Status(info.Env(), fd) : info.Env().Undefined();
}

Napi::Value InterfaceIndex(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	std::string name = args.Text(0);
	if (!args.ok())
		return info.Env().Undefined();
	unsigned index = if_nametoindex(name.c_str());
	return Status(info.Env(), index ? static_cast<int>(index) : LastError());
}

// By number, since glibc has no wrapper before 2.36.
Napi::Value OpenPidfd(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int pid = args.Int(0);
	if (!args.ok())
		return info.Env().Undefined();
	return Status(info.Env(), Syscall(syscall(SYS_pidfd_open, pid, 0)));
}

Napi::Value CloseFd(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int fd = args.Int(0);
	if (args.ok())
		close(fd);
	return info.Env().Undefined();
}

Napi::Value IsPeerGone(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	pollfd peer = {args.Int(0), 0, 0};
	if (!args.ok())
		return info.Env().Undefined();
	bool gone = poll(&peer, 1, 0) == 1 && (peer.revents & (POLLERR | POLLHUP)) != 0;
	return Napi::Boolean::New(info.Env(), gone);
}

// process.exit() joins the threads of libuv's pool, and one of them may be stuck in a write
// forever.
Napi::Value ExitNow(const Napi::CallbackInfo &info)
{
	Arguments args(info);
	int status = args.Int(0);
	if (args.ok())
		_exit(status);
	return info.Env().Undefined();
}

} // namespace

int OpenPerfEvent(Arguments *args)
{
	perf_event_attr attr;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = args->Unsigned(0);
	attr.config = static_cast<uint64_t>(args->Integer(1, 0, kMaxSafeInteger));
	attr.sample_period = static_cast<uint64_t>(args->Integer(2, 0, kMaxSafeInteger));
	attr.freq = args->Flag(3);
	int pid = args->Int(4);
	int cpu = args->Int(5);
	if (!args->ok())
		return -EINVAL;
	return Syscall(syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}

void InitSystem(Napi::Env env, Napi::Object exports)
{
	exports["libbpfVersion"] = Napi::Function::New<LibbpfVersion>(env, "libbpfVersion");
	exports["libbpfHeaders"] = Napi::Function::New<LibbpfHeaders>(env, "libbpfHeaders");
	exports["possibleCpus"] = Napi::Function::New<PossibleCpus>(env, "possibleCpus");
	exports["createThread"] = Napi::Function::New<CreateThread>(env, "createThread");
	exports["bootTime"] = Napi::Function::New<BootTime>(env, "bootTime");
	exports["bootToRealtime"] = Napi::Function::New<BootToRealtime>(env, "bootToRealtime");
	exports["openTracefs"] = Napi::Function::New<OpenTracefs>(env, "openTracefs");
	exports["openPerfEvent"] = Napi::Function::New<OpenPerfEventFd>(env, "openPerfEvent");
	exports["isPeerGone"] = Napi::Function::New<IsPeerGone>(env, "isPeerGone");
	exports["exitNow"] = Napi::Function::New<ExitNow>(env, "exitNow");
	exports["interfaceIndex"] = Napi::Function::New<InterfaceIndex>(env, "interfaceIndex");
	exports["openPidfd"] = Napi::Function::New<OpenPidfd>(env, "openPidfd");
	exports["closeFd"] = Napi::Function::New<CloseFd>(env, "closeFd");
}

} // namespace snoopkit
