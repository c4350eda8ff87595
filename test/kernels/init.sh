#!/bin/busybox sh
# The first program of a guest. It puts a memory over the host's root, which is read-only, and goes on there with
# suite.sh. What it is told stands in the kernel's command line, and so in the environment: SUITE, the folder of a run.
/bin/busybox --install -s /bin
export PATH=/bin

give_up() {
    echo "init.sh: $*"
    dmesg | tail -n 20
    poweroff -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do
    insmod "$module" || give_up "cannot load $module"
done

mount -t virtiofs root /host || give_up 'cannot mount the root of the host'
mount -t tmpfs -o size=75% tmpfs /changes
mkdir /changes/files /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/files,workdir=/changes/work overlay /root ||
    give_up 'cannot mount memory over the root of the host'

for moved in proc sys dev; do
    mount -o move /$moved /root/$moved
done
mkdir -p /root/dev/pts /root/dev/shm
mount -t devpts devpts /root/dev/pts
mount -t tmpfs tmpfs /root/dev/shm
mount -t tmpfs tmpfs /root/run
mount -t tracefs tracefs /root/sys/kernel/tracing
mount -t bpf bpf /root/sys/fs/bpf
mount -t cgroup2 cgroup2 /root/sys/fs/cgroup
mount -t securityfs securityfs /root/sys/kernel/security
ln -s /proc/self/fd /root/dev/fd
ln -s fd/0 /root/dev/stdin
ln -s fd/1 /root/dev/stdout
ln -s fd/2 /root/dev/stderr
ip link set lo up
hostname guest
cp /bin/busybox /root/run/busybox

exec switch_root -c /dev/console /root /bin/sh "$SUITE/suite.sh"
