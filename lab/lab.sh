#!/bin/bash
# lab.sh: run a script as root on a real Linux storage stack, on a host whose kernel has none.
#
#   lab.sh run SCRIPT [options] [-- ARG...]   run SCRIPT in a fresh guest; exit with its status
#   lab.sh build [--engine E]                 build the guest without running anything
#   lab.sh clean                              remove everything that was built
#
# Options of run:
#   --share DIR     host directory seen read-write as /share in the guest (also the script's cwd)
#   --engine E      uml (default), or qemu: Debian's own kernel under QEMU's emulation, with every module that Debian has,
#                   Fibre Channel too; two to three times slower at storage, and much more at computing
#   --disk SIZE     add a scratch disk (repeatable; default: two of 4G). In the guest they are
#                   $LAB_DISK1, $LAB_DISK2, ... Sparse, new for every run.
#   --mem MIB       guest memory (default 2048)
#   --timeout SECS  kill the guest after that long (default 900); exit status 124
#   --console       also print the guest's kernel console on standard error
#
# The guest is a User-mode Linux kernel (if nothing else is said): an ordinary process that starts in about two seconds and has the device
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

# image ENGINE MODULES: the ext4 image $cache/ENGINE/root.img, with the modules directory in it
build_image() {
  local engine=$1 modules=$2 d="$cache/$1/rootfs" v
  say "building the root image ..."
  rm -rf "$d"; mkdir -p "$d"; tar -xf "$cache/rootfs.tar" -C "$d" --exclude='./dev/*'
  v=$(basename "$modules"); mkdir -p "$d/usr/lib/modules" "$d/ctl" "$d/share" "$d/etc/target"
  cp -a "$modules" "$d/usr/lib/modules/$v"; chroot "$d" depmod "$v"
  echo lab > "$d/etc/hostname"; echo "127.0.0.1 localhost lab" > "$d/etc/hosts"
  guest_init > "$d/lab-init"; chmod +x "$d/lab-init"
  [ "$engine" = uml ] || build_initrd "$d" "$v"
  rm -f "$cache/$engine/root.img.tmp"; truncate -s 4G "$cache/$engine/root.img.tmp"
  mkfs.ext4 -q -F -O ^has_journal,^metadata_csum -d "$d" "$cache/$engine/root.img.tmp"
  rm -rf "$d"; mv "$cache/$engine/root.img.tmp" "$cache/$engine/root.img"
}

# What runs the guest, with its own C library, in $cache/ENGINE/tools.
build_tools() { merge_usr "$1"; mkdir -p "$1"/{proc,dev,tmp,ctl,share,run,image}; }

build_uml() {
  [ -e "$cache/uml/root.img" ] && return
  local t="$cache/uml/tools" modules
  build_rootfs
  rm -rf "$t"
  fetch "$uml_suite" "$t" user-mode-linux || { rm -rf "$t"; fetch "$suite" "$t" user-mode-linux; }
  modules=$(echo "$t"/usr/lib/uml/modules/*)
  build_tools "$t"
  build_image uml "$modules"
  rm -rf "$t/usr/lib/uml"
}

build_qemu() {
  [ -e "$cache/qemu/root.img" ] && return
  local t="$cache/qemu/tools" k="$cache/qemu/kernel" m
  build_rootfs
  rm -rf "$t" "$k"
  fetch "$suite" "$t" qemu-system-x86 seabios; build_tools "$t"
  fetch "$suite" "$k" linux-image-amd64
  m=$(echo "$k"/usr/lib/modules/*)
  # Modules load much faster uncompressed; what has nothing to do with storage is left out.
  (cd "$m/kernel" && rm -rf sound drivers/{gpu,media,hid,input,iio,platform,staging,usb,bluetooth,mmc,mtd,hwmon,video,accel,isdn,comedi} \
    drivers/net/{wireless,ethernet,can,wan,usb,phy,hamradio,wwan} net/{bluetooth,mac80211,wireless,can})
  find "$m" -name '*.ko.xz' -print0 | xargs -0 -P"$(nproc)" -n64 xz -d
  build_image qemu "$m"
  cp "$k"/boot/vmlinuz-* "$cache/qemu/vmlinuz"; rm -rf "$k"
}

build_initrd() { # ROOTFS VERSION: just enough to mount the root disk
  local d=$1 v=$2 i="$cache/qemu/initrd" m
  rm -rf "$i"; mkdir -p "$i"/{bin,dev,newroot,m}
  cp "$d/usr/bin/busybox" "$i/bin/"
  for m in $(chroot "$d" modprobe -S "$v" -a --show-depends virtio_pci virtio_blk ext4 | awk '$1=="insmod" && !s[$2]++ {print $2}'); do
    cp "$d$m" "$i/m/"; basename "$m" >> "$i/m/order"
  done
  cat > "$i/init" <<'E'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
while read m; do /bin/busybox insmod /m/$m; done < /m/order
/bin/busybox mount -t ext4 -o noatime /dev/vda /newroot
exec /bin/busybox switch_root /newroot /lab-init
E
  chmod +x "$i/init"
  (cd "$i" && find . | "$d/usr/bin/busybox" cpio -o -H newc 2> /dev/null | gzip -1 > "$cache/qemu/initrd.gz"); rm -rf "$i"
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
if grep -qw hostfs /proc/filesystems; then
  for d in ctl share; do mount -t hostfs -o hostfs=/$d none /$d 2> /dev/null || mount -t hostfs -o /$d none /$d; done
else
  modprobe -a 9pnet_virtio 9p
  for d in ctl share; do mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 $d /$d; done
fi
n=0; for d in /dev/ubd[b-z] /dev/vd[b-z]; do [ -b $d ] && { n=$((n+1)); export LAB_DISK$n=$d; }; done
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
  case $1 in uml | qemu) ;; *) die "unknown engine: $1" ;; esac
  mkdir -p "$cache/$1"
  exec 9> "$cache/lock"; flock 9
  "build_$1"
  rm -rf "$cache"/apt-*
  flock -u 9; exec 9>&-
}

# ---- running ----------------------------------------------------------------------------

run() {
  local script= share= engine=uml mem=2048 limit=900 console= disks=()
  while [ $# -gt 0 ]; do
    case $1 in
      --share) share=$2; shift 2 ;; --engine) engine=$2; shift 2 ;; --disk) disks+=("$2"); shift 2 ;;
      --mem) mem=$2; shift 2 ;; --timeout) limit=$2; shift 2 ;;
      --console) console=1; shift ;; --) shift; break ;; -*) die "unknown option $1" ;;
      *) [ -z "$script" ] || die "one SCRIPT only (arguments go after --)"; script=$1; shift ;;
    esac
  done
  [ -f "$script" ] || die "no script: $script"
  build "$engine"
  [ ${#disks[@]} -gt 0 ] || disks=(4G 4G)

  work=$(mktemp -d "$cache/run.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/ctl" "$work/share" "$work/image"
  cp "$script" "$work/ctl/script"; : > "$work/ctl/output"; : > "$work/ctl/args"
  [ $# -eq 0 ] || printf '%s\0' "$@" > "$work/ctl/args"
  share=$(readlink -f "${share:-$work/share}"); [ -d "$share" ] || die "no directory: $share"

  # A private mount and process namespace with the tools' own C library, so that the host's does
  # not matter; all of the guest's processes go when it does.
  local i=0 d t="$cache/$engine/tools" tmp=/tmp cmd # UML keeps guest memory and disk changes in /tmp there: a tmpfs
  if [ "$engine" = uml ]; then
    cmd=(/usr/bin/linux.uml "mem=${mem}M" seccomp=auto "ubd0=/tmp/root.cow,/run/root.img" root=/dev/ubda rw init=/lab-init
      con=null con0=null,fd:1 quiet loglevel=4)
  else
    tmp=/image # QEMU keeps disk changes there
    cmd=(/usr/bin/qemu-system-x86_64 -L /usr/share/qemu -L /usr/share/seabios -machine q35 -accel "tcg,thread=multi" -cpu max
      -m "$mem" -nographic -nodefaults -no-reboot -serial stdio -kernel /run/vmlinuz -initrd /run/initrd.gz
      -append "console=ttyS0 panic=-1 no_timer_check mitigations=off quiet loglevel=4"
      -drive file=/run/root.img,if=virtio,format=raw,snapshot=on
      -virtfs local,path=/share,mount_tag=share,security_model=none -virtfs local,path=/ctl,mount_tag=ctl,security_model=none)
  fi
  for d in "${disks[@]}"; do
    i=$((i + 1)); truncate -s "$d" "$work/image/disk$i"
    case $engine in
      uml) cmd+=("ubd$i=/image/disk$i") ;;
      qemu) cmd+=(-drive "file=/image/disk$i,if=virtio,format=raw,cache=unsafe,discard=unmap") ;;
    esac
  done

  timeout -s KILL "$limit" unshare --mount --pid --fork --kill-child bash -ec '
    t=$1 cache=$2 work=$3 share=$4 mem=$5 tmp=$6; shift 6
    mount -t proc proc "$t/proc"; mount --rbind /dev "$t/dev"
    mount -t tmpfs -o "size=$((mem + 1024))m" tmpfs "$t/tmp"
    mount --bind "$work/ctl" "$t/ctl"; mount --bind "$share" "$t/share"
    mount --bind "$work/image" "$t/image"; mount --bind "$cache" "$t/run"
    exec env -i TMPDIR="$tmp" HOME=/tmp PATH=/usr/bin "$(command -v chroot)" "$t" "$@"' \
    lab "$t" "$cache/$engine" "$work" "$share" "$mem" "$tmp" "${cmd[@]}" < /dev/null > "$work/console" 2>&1 &
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
  build) case ${1:-} in --engine) build "${2:-}" ;; '') build uml ;; *) die "unknown option $1" ;; esac ;;
  clean) rm -rf "$cache" ;;
  *) sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; [ -n "$cmd" ] && exit 2 || exit 0 ;;
esac
