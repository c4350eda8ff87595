# share.sh FOLDER VIRTIOFSD SOCKET [ROOT [OUTSIDE INSIDE]...]: shares a root over a socket, in a mount namespace of its
# own, where all of it is read-only: the guest need not be trusted. The root is this machine's, with the filesystems
# below it that tests may need; or a folder, and in its INSIDE what is OUTSIDE.
set -eu
folder=$1 virtiofsd=$2 socket=$3 root=${4-/}
shift $(($# > 3 ? 4 : 3))

read_only() {
    mount --bind "$1" "$folder$2"
    mount -o remount,bind,ro "$folder$2"
}

read_only "$root" /
if [ "$root" = / ]; then
    awk '{ print $5 }' /proc/self/mountinfo | while read -r mounted; do
        mounted=$(printf '%b' "$mounted")
        case $mounted in
        / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | "$folder"*) ;;
        *) read_only "$mounted" "$mounted" ;;
        esac
    done
fi
while [ $# -gt 0 ]; do
    read_only "$1" "$2"
    shift 2
done
exec "$virtiofsd" --socket-path="$socket" -o "source=$folder" -o cache=always
