#!/bin/bash
# gluster.sh WORK PROGRAM [ARG...]: runs PROGRAM beside a GlusterFS server whose one volume is 10.99.0.1:backups; ends with its
# status.
#
# Needs root, FUSE and glusterfs-server. To be started by "unshare --net --mount --pid --fork --kill-child --mount-proc": it has
# an address of its own, and nothing of the host's is used or changed. WORK is an empty directory.
set -eu
work=$1; shift
for dir in /run /var/lib/glusterd /var/log/glusterfs; do
  mkdir -p "$dir"; mount -t tmpfs tmpfs "$dir"
done
mkdir -p /run/gluster "$work"/{brick,state}
ip link set lo up
ip addr add 10.99.0.1/32 dev lo # a brick cannot be on 127.0.0.1
cat > "$work/glusterd.vol" <<V
volume management
    type mgmt/glusterd
    option working-directory $work/state
    option transport-type socket
    option transport.socket.bind-address 10.99.0.1
    option transport.socket.listen-port 24007
end-volume
V
glusterd -N -f "$work/glusterd.vol" -l "$work/log" < /dev/null > /dev/null 2>&1 &
server=$!
gluster() { command gluster --mode=script "$@"; }
for _ in $(seq 300); do
  kill -0 "$server" || { cat "$work/log"; exit 1; }
  gluster pool list > /dev/null 2>&1 && break
  sleep 0.1
done
gluster volume create backups "10.99.0.1:$work/brick" force > /dev/null
gluster volume start backups > /dev/null
"$@"
