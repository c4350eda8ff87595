# Starts Node for bin/snoopkit.cjs, which a shell reads first, and tells it in the variable that had that file's path with
# what this process began: Node raises the limit of open files, forgets which signals were ignored and blocked, and closes
# descriptors to those that it starts. What a traced command is to have all the same can't be found out any more then.
for SNOOPKIT_INHERITED in "${SNOOPKIT_START%/*}"/../dist/native/inherited-linux-*; do
	# Those of other architectures can't be executed.
	if SNOOPKIT_START=$("$SNOOPKIT_INHERITED" $$ 2>/dev/null); then
		export SNOOPKIT_START
		break
	fi
done
# With fewer files Node ends with a trace of its stack. It raises the limit itself as far as it may.
if ! ulimit -Sn 64 2>/dev/null; then
	echo 'snoopkit: at least 64 open files must be allowed: raise the hard limit (ulimit -Hn)' >&2
	exit 1
fi
# Until the program can hear these: src/cli/signals.ts.
trap '' USR2 ALRM
# Should SIGUSR1 come before the program can stop that, Node finds no address for its debugger to listen on.
exec node --inspect-port=192.0.2.1:65535 "$0" "$@"
