# The second program of a guest, in the root that it shares with the host: runs `command`, which lies beside this, and
# tells the host through the ports of a serial device what it says, which results it has, and how it ends.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

until [ -c /dev/vport*p3 ]; do /run/busybox sleep 0.05; done
port=$(echo /dev/vport*p3)
port=${port%3}
# A filesystem that can all that a disk's can; the overlay of old kernels can't.
mkdir /run/tmp
export TMPDIR=/run/tmp
export RESULTS="${port}2"
setsid sh "$SUITE/command" </dev/null >"${port}1" 2>&1
echo $? >"${port}3"
/run/busybox poweroff -f
