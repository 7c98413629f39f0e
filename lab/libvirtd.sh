#!/bin/bash
# libvirtd.sh MACHINE WORK: runs the libvirt that machine.sh unpacked in MACHINE, until its standard input ends.
#
# Needs root. To be started by "unshare --mount --pid --fork --kill-child --mount-proc": the host's /usr and /etc with
# libvirt's above them, and nothing of the host's is changed. The shell stays the first process, which ends orphans.
# WORK is an empty directory; WORK/virsh is the client, which may be called from outside.
set -eu
machine=$1 work=$2 libraries=/usr/lib/x86_64-linux-gnu

# What libvirt asks a kernel's KVM about may never be answered by one that is not complete.
[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm
mount -t overlay overlay -o "lowerdir=$machine/root/usr:/usr" /usr
mkdir "$work/etc"; mount -t tmpfs etc "$work/etc"; mkdir "$work"/etc/{upper,work}
mount -t overlay overlay -o "lowerdir=$machine/root/etc:/etc,upperdir=$work/etc/upper,workdir=$work/etc/work" /etc
for dir in /run /var/lib /var/log /var/cache; do mount -t tmpfs tmpfs "$dir"; done
mkdir -p /run/libvirt /var/lib/libvirt/qemu /var/log/libvirt/qemu
grep -q '^libvirt-qemu:' /etc/passwd || {
  echo 'libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin' >> /etc/passwd; echo 'libvirt-qemu:x:64055:' >> /etc/group; }
cat > /etc/libvirt/qemu.conf <<C
security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = [ ]
namespaces = [ ]
C
cat > /etc/libvirt/libvirtd.conf <<C
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
C
export LD_LIBRARY_PATH=$libraries
virtlogd < /dev/null > /dev/null 2>&1 &
libvirtd --timeout 0 < /dev/null > "$work/log" 2>&1 &
until virsh --quiet version > /dev/null 2>&1; do sleep 0.1; done
echo ready
cat > /dev/null
