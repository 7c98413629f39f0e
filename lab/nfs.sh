#!/bin/bash
# nfs.sh MACHINE WORK: runs the NFS server (nfs-ganesha) that machine.sh unpacked in MACHINE until its standard input ends; its
# one export is WORK/export, to clients in its own network.
#
# Needs root. To be started by "unshare --net --mount --pid --fork --kill-child --mount-proc": a port mapper has one port, and
# nothing of the host's is used or changed. The shell stays the first process, which ends orphans. WORK is an empty directory.
set -eu
machine=$1 work=$2

mount -t overlay overlay -o "lowerdir=$machine/root/usr:/usr" /usr
mkdir "$work"/{etc,export,recovery}; mount -t tmpfs etc "$work/etc"; mkdir "$work"/etc/{upper,work}
mount -t overlay overlay -o "lowerdir=$machine/root/etc:/etc,upperdir=$work/etc/upper,workdir=$work/etc/work" /etc
for dir in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$dir"; done
mkdir -p /run/rpcbind /run/ganesha /var/lib/nfs/ganesha
grep -q '^_rpc:' /etc/passwd || echo '_rpc:x:65533:65534::/run/rpcbind:/usr/sbin/nologin' >> /etc/passwd
cat > "$work/ganesha.conf" <<C
NFS_CORE_PARAM { Protocols = 3; Enable_NLM = false; Enable_RQUOTA = false;
  Plugins_Dir = /usr/lib/x86_64-linux-gnu/ganesha; }
NFSv4 { Graceless = true; RecoveryRoot = $work/recovery; }
NFS_KRB5 { Active_krb5 = false; }
EXPORT { Export_Id = 1; Path = $work/export; Pseudo = /export; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
  Protocols = 3; Transports = TCP; FSAL { Name = VFS; } }
C
export LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/usr/lib/ganesha
ip link set lo up
rpcbind -f -i < /dev/null > /dev/null 2>&1 &
until rpcinfo -p 127.0.0.1 > /dev/null 2>&1; do sleep 0.1; done
ganesha.nfsd -F -f "$work/ganesha.conf" -L "$work/log" -p "$work/pid" < /dev/null > /dev/null 2>&1 &
server=$!
until rpcinfo -t 127.0.0.1 100003 3 > /dev/null 2>&1 && rpcinfo -t 127.0.0.1 100005 3 > /dev/null 2>&1; do
  kill -0 "$server" || exit 1
  sleep 0.1
done
echo ready
cat > /dev/null
