#!/bin/bash
# lab.sh: run a script as root on a real Linux storage stack, on a host whose kernel has none.
#
#   lab.sh run SCRIPT [options] [-- ARG...]   run SCRIPT in a fresh guest; exit with its status
#   lab.sh build                              build the guest without running anything
#   lab.sh clean                              remove everything that was built
#
# Options of run:
#   --share DIR     host directory seen read-write as /share in the guest (also the script's cwd)
#   --disk SIZE     add a scratch disk (repeatable; default: two of 4G). In the guest they are
#                   $LAB_DISK1, $LAB_DISK2, ... Sparse, new for every run.
#   --mem MIB       guest memory (default 2048)
#   --timeout SECS  kill the guest after that long (default 900); exit status 124
#   --console       also print the guest's kernel console on standard error
#
# The guest is a User-mode Linux kernel: an ordinary process that starts in about two seconds and has the device
# mapper, LVM, LIO, open-iscsi, multipath, LUKS and NFS. It has a fresh root file system each time (copy on write), a
# loopback interface and no other network, systemd-udevd, the system D-Bus and configfs; systemd itself does not run.
#
# Exit status: the script's; 124 timed out; 125 the lab could not be built or the guest died (its console is then
# printed on standard error).
#
# Needs on the host: root; apt, dpkg-deb, perl, xz, tar, mkfs.ext4, unshare, and the Debian archive keyring. Nothing is
# installed on the host: packages come through apt, from the mirror that the host itself uses, and are unpacked in the
# cache.
#
# Environment: LAB_CACHE (default: "cache" beside this file), LAB_MIRROR, LAB_SUITE (trixie), LAB_UML_SUITE (forky).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${LAB_CACHE:-$here/cache}
mirror=${LAB_MIRROR:-$(sed -n 's#^URIs: *\(.*\)/debian/*$#\1#p' /etc/apt/sources.list.d/debian.sources | head -1)}
suite=${LAB_SUITE:-trixie}
uml_suite=${LAB_UML_SUITE:-forky}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# What the guest has, beyond Debian's essential packages.
guest_packages="
  udev kmod busybox-static iproute2 procps psmisc file less strace dbus sudo
  lvm2 thin-provisioning-tools dmsetup dmeventd
  targetcli-fb python3-rtslib-fb open-iscsi tgt
  nfs-kernel-server nfs-common rpcbind
  cryptsetup-bin multipath-tools kpartx nvme-cli drbd-utils
  sg3-utils lsscsi sysfsutils e2fsprogs xfsprogs parted fdisk gdisk
  qemu-utils nbd-client nbd-server openssl jq curl ca-certificates
  ${LAB_EXTRA_PACKAGES:-}"

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 125; }

# ---- building ---------------------------------------------------------------------------

sources() { # SUITE: its apt sources, one a line
  local s="[signed-by=$keyring] $mirror"
  echo "deb $s/debian $1 main"
  case $1 in
    forky | sid) ;;
    *) echo "deb $s/debian $1-updates main"; echo "deb $s/debian-security $1-security main" ;;
  esac
}

# fetch SUITE DIR PACKAGE...: download the packages with all they depend on, and unpack them in
# DIR. apt believes that nothing is installed, so the host's own packages do not matter.
fetch() {
  local s=$1 dir=$2 a="$cache/apt-$1" deb; shift 2
  mkdir -p "$a"/{etc/apt/apt.conf.d,etc/apt/preferences.d,state/lists/partial,archives/partial} "$dir"
  sources "$s" > "$a/etc/apt/sources.list"; : > "$a/status"
  cat > "$a/apt.conf" <<E
Dir "$a"; Dir::State "$a/state"; Dir::State::status "$a/status"; Dir::Cache "$a"; Dir::Etc "$a/etc/apt";
Dir::Cache::archives "$a/archives"; APT::Architecture "amd64"; APT::Install-Recommends "false";
APT::Get::Assume-Yes "true"; APT::Sandbox::User "root"; Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
E
  # (explicit "|| return": errexit is off in here when the caller tests our status)
  APT_CONFIG=$a/apt.conf apt-get -qq update || return 1
  rm -f "$a"/archives/*.deb
  APT_CONFIG=$a/apt.conf apt-get -qq --download-only install "$@" > /dev/null || return 1
  for deb in "$a"/archives/*.deb; do dpkg-deb -x "$deb" "$dir" || return 1; done
  rm -f "$a"/archives/*.deb
}

merge_usr() { local d; for d in bin sbin lib lib64; do [ -e "$1/$d" ] || ln -s "usr/$d" "$1/$d"; done; }

build_rootfs() { # the guest's user space, as a tar
  [ -e "$cache/rootfs.tar" ] && return
  say "building the guest's user space ($suite) ..."
  fetch "$suite" "$cache/mmdebstrap.tmp" mmdebstrap
  mkdir -p "$cache/bin"; cp "$cache"/mmdebstrap.tmp/usr/bin/{mmdebstrap,mmtarfilter} "$cache/bin/"
  rm -rf "$cache/mmdebstrap.tmp"
  local include; include=$(echo $guest_packages | tr ' ' ,)
  sources "$suite" | PATH=$cache/bin:$PATH TMPDIR=$cache mmdebstrap --quiet --mode=root --format=tar --variant=essential \
    --include="$include" --aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$cache/rootfs.tar.tmp" - > "$cache/mmdebstrap.log" 2>&1 ||
    { tail -20 "$cache/mmdebstrap.log" >&2; die "mmdebstrap failed"; }
  mv "$cache/rootfs.tar.tmp" "$cache/rootfs.tar"
}

# image MODULES: the ext4 image $cache/uml/root.img, with the modules directory in it
build_image() {
  local modules=$1 d="$cache/uml/rootfs" v
  say "building the root image ..."
  rm -rf "$d"; mkdir -p "$d"; tar -xf "$cache/rootfs.tar" -C "$d" --exclude='./dev/*'
  v=$(basename "$modules"); mkdir -p "$d/usr/lib/modules" "$d/ctl" "$d/share" "$d/etc/target"
  cp -a "$modules" "$d/usr/lib/modules/$v"; chroot "$d" depmod "$v"
  echo lab > "$d/etc/hostname"; echo "127.0.0.1 localhost lab" > "$d/etc/hosts"
  guest_init > "$d/lab-init"; chmod +x "$d/lab-init"
  rm -f "$cache/uml/root.img.tmp"; truncate -s 4G "$cache/uml/root.img.tmp"
  mkfs.ext4 -q -F -O ^has_journal,^metadata_csum -d "$d" "$cache/uml/root.img.tmp"
  rm -rf "$d"; mv "$cache/uml/root.img.tmp" "$cache/uml/root.img"
}

build_uml() {
  [ -e "$cache/uml/root.img" ] && return
  local t="$cache/uml/tools" modules
  build_rootfs
  rm -rf "$t"
  fetch "$uml_suite" "$t" user-mode-linux || { rm -rf "$t"; fetch "$suite" "$t" user-mode-linux; }
  modules=$(echo "$t"/usr/lib/uml/modules/*)
  merge_usr "$t"; mkdir -p "$t"/{proc,dev,tmp,ctl,share,run,image}
  build_image "$modules"
  rm -rf "$t/usr/lib/uml"
}

guest_init() { cat <<'E'
#!/bin/bash
# PID 1 of the lab guest: set the place up, run /ctl/script, leave its status in /ctl/rc, power off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t proc proc /proc; mount -t sysfs sys /sys
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run; mount -t tmpfs tmp /tmp; mkdir -p /run/lock /run/dbus /run/lvm
hostname lab; ip link set lo up
for d in ctl share; do mount -t hostfs -o hostfs=/$d none /$d 2> /dev/null || mount -t hostfs -o /$d none /$d; done
n=0; for d in /dev/ubd[b-z]; do [ -b $d ] && { n=$((n+1)); export LAB_DISK$n=$d; }; done
export LAB=1
for m in dm-mod loop configfs; do modprobe -q $m; done
mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --subsystem-match=block --subsystem-match=scsi_device; udevadm settle -t 60
dbus-daemon --system --fork
mapfile -d '' -t args < /ctl/args
cd /share; cp /ctl/script /run/script; chmod +x /run/script
echo "lab: up after $(cut -d' ' -f1 /proc/uptime) s"
/run/script "${args[@]}" > /ctl/output 2>&1 < /dev/null
echo $? > /ctl/rc.tmp; sync; mv /ctl/rc.tmp /ctl/rc
echo o > /proc/sysrq-trigger; sleep 30
E
}

build() {
  [ "$(id -u)" = 0 ] || die "must be root"
  mkdir -p "$cache/uml"
  exec 9> "$cache/lock"; flock 9
  build_uml
  rm -rf "$cache"/apt-*
  flock -u 9; exec 9>&-
}

# ---- running ----------------------------------------------------------------------------

run() {
  local script= share= mem=2048 limit=900 console= disks=()
  while [ $# -gt 0 ]; do
    case $1 in
      --share) share=$2; shift 2 ;; --disk) disks+=("$2"); shift 2 ;;
      --mem) mem=$2; shift 2 ;; --timeout) limit=$2; shift 2 ;;
      --console) console=1; shift ;; --) shift; break ;; -*) die "unknown option $1" ;;
      *) [ -z "$script" ] || die "one SCRIPT only (arguments go after --)"; script=$1; shift ;;
    esac
  done
  [ -f "$script" ] || die "no script: $script"
  build
  [ ${#disks[@]} -gt 0 ] || disks=(4G 4G)

  work=$(mktemp -d "$cache/run.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/ctl" "$work/share" "$work/image"
  cp "$script" "$work/ctl/script"; : > "$work/ctl/output"; : > "$work/ctl/args"
  [ $# -eq 0 ] || printf '%s\0' "$@" > "$work/ctl/args"
  share=$(readlink -f "${share:-$work/share}"); [ -d "$share" ] || die "no directory: $share"

  # A private mount and process namespace with the tools' own C library, so that the host's does
  # not matter; all of the guest's processes go when it does.
  local i=0 d t="$cache/uml/tools" # UML keeps guest memory and disk changes in /tmp there: a tmpfs
  local cmd=(/usr/bin/linux.uml "mem=${mem}M" seccomp=auto "ubd0=/tmp/root.cow,/run/root.img" root=/dev/ubda rw init=/lab-init
    con=null con0=null,fd:1 quiet loglevel=4)
  for d in "${disks[@]}"; do
    i=$((i + 1)); truncate -s "$d" "$work/image/disk$i"
    cmd+=("ubd$i=/image/disk$i")
  done

  timeout -s KILL "$limit" unshare --mount --pid --fork --kill-child bash -ec '
    t=$1 cache=$2 work=$3 share=$4 mem=$5; shift 5
    mount -t proc proc "$t/proc"; mount --rbind /dev "$t/dev"
    mount -t tmpfs -o "size=$((mem + 1024))m" tmpfs "$t/tmp"
    mount --bind "$work/ctl" "$t/ctl"; mount --bind "$share" "$t/share"
    mount --bind "$work/image" "$t/image"; mount --bind "$cache" "$t/run"
    exec env -i TMPDIR=/tmp HOME=/tmp PATH=/usr/bin "$(command -v chroot)" "$t" "$@"' \
    lab "$t" "$cache/uml" "$work" "$share" "$mem" "${cmd[@]}" < /dev/null > "$work/console" 2>&1 &
  local guest=$! rc=0
  if [ -n "$console" ]; then tail -q -n +1 -F --pid="$guest" "$work/console" >&2 2> /dev/null & fi
  tail -q -n +1 -f -s 0.2 --pid="$guest" "$work/ctl/output" &
  local tailer=$!
  { wait "$guest"; } 2> /dev/null || rc=$?
  wait "$tailer" || true
  if [ -s "$work/ctl/rc" ]; then exit "$(cat "$work/ctl/rc")"; fi
  case $rc in 124 | 137) say "killed after $limit s"; exit 124 ;; esac
  tail -40 "$work/console" >&2; die "the guest died (status $rc)"
}

cmd=${1:-}; shift || true
case $cmd in
  run) run "$@" ;;
  build) build ;;
  clean) rm -rf "$cache" ;;
  *) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; [ -n "$cmd" ] && exit 2 || exit 0 ;;
esac
