# Starts Node for bin/snoopkit.cjs, which a shell reads first. The variable that held that file's path passes the
# initial state of this process: Node raises the limit of open files, resets ignored and blocked signals, and closes
# descriptors in its children. State that a traced command must inherit can't be determined later.
for SNOOPKIT_INHERITED in "${SNOOPKIT_START%/*}"/../dist/native/inherited-linux-*; do
	# Programs for other architectures can't be executed.
	if SNOOPKIT_START=$("$SNOOPKIT_INHERITED" $$ 2>/dev/null); then
		export SNOOPKIT_START
		break
	fi
done
# Node needs some 20 files, filesnoop another 100: its maps, programs and links. Without enough for itself, Node ends
# with a stack trace. It raises the limit as far as allowed.
if ! ulimit -Sn 256 2>/dev/null; then
	echo 'snoopkit: at least 256 open files must be allowed: raise the hard limit (ulimit -Hn)' >&2
	exit 1
fi
# Ignored until the program can handle them: src/cli/signals.ts.
trap '' USR2 ALRM
# If SIGUSR1 arrives before the program can prevent it, Node finds no address for its debugger to listen on.
exec node --inspect-port=192.0.2.1:65535 "$0" "$@"
