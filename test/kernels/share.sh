# share.sh FOLDER VIRTIOFSD SOCKET: shares this machine's root over a socket. In a mount namespace of its own, where
# the root is read-only, and so are the filesystems below it that tests may need: the guest need not be trusted.
set -eu
folder=$1 virtiofsd=$2 socket=$3

read_only() {
    mount --bind "$1" "$folder$1"
    mount -o remount,bind,ro "$folder$1"
}

read_only /
awk '{ print $5 }' /proc/self/mountinfo | while read -r mounted; do
    mounted=$(printf '%b' "$mounted")
    case $mounted in
    / | /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | /run | /run/* | "$folder"*) ;;
    *) read_only "$mounted" ;;
    esac
done
exec "$virtiofsd" --socket-path="$socket" -o "source=$folder" -o cache=always
