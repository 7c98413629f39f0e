#!/bin/bash
# machine.sh DIR: what tests of virtual machines need, in DIR, made once. Nothing is installed on the host; needs no root.
#
#   DIR/root       QEMU with all its block drivers, tgtd, libiscsi's tools, nfs-ganesha and libvirt, unpacked; they run with
#                  LD_LIBRARY_PATH=DIR/root/usr/lib/x86_64-linux-gnu and the host's own C library
#   DIR/vmlinuz    Debian's kernel for virtual machines
#   DIR/initrd     a guest that starts in two seconds and serves a shell on its first serial port
#   DIR/disk.raw   the same guest on a disk that boots by itself: GRUB, and one file system with both files
#
# Needs: apt, dpkg-deb, mke2fs, and 430 MB. Packages come through apt, from the mirror and of the release that the host uses.
set -euo pipefail

dir=$(mkdir -p "$1" && cd "$1" && pwd)
wanted="qemu-system-x86 qemu-block-extra qemu-utils tgt libiscsi-bin
  libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients grub-common grub-pc-bin
  nfs-ganesha nfs-ganesha-vfs rpcbind iproute2"
# In the order in which they are loaded.
modules="virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk"

exec 9> "$dir/lock"; flock 9
cmp -s "$0" "$dir/made" && exit 0
rm -rf "$dir/made" "$dir/root" "$dir/kernel" "$dir/init.d" "$dir/apt"

# apt believes that nothing is installed, so the host's own packages do not matter.
apt=$dir/apt
mkdir -p "$apt"/{state/lists/partial,archives/partial}; : > "$apt/status"
cat > "$apt/apt.conf" <<C
Dir::State "$apt/state"; Dir::State::status "$apt/status"; Dir::Cache "$apt"; Dir::Cache::archives "$apt/archives";
APT::Install-Recommends "false"; APT::Get::Assume-Yes "true"; APT::Sandbox::User "root"; Acquire::Languages "none";
C
export APT_CONFIG=$apt/apt.conf
apt-get -qq update
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
apt-get -qq --download-only install $wanted > /dev/null
(cd "$apt" && apt-get -qq download "$kernel" busybox-static)

mkdir "$dir/root"
for package in "$apt"/archives/*.deb; do
  case $(basename "$package") in libc6_* | libc-bin_*) continue ;; esac
  dpkg-deb -x "$package" "$dir/root"
done
# Merged as on the host: what lies in /lib is found in /usr/lib.
for name in lib bin sbin; do
  if [ -d "$dir/root/$name" ] && [ ! -L "$dir/root/$name" ]; then
    mkdir -p "$dir/root/usr/$name"; cp -a "$dir/root/$name/." "$dir/root/usr/$name/"; rm -rf "${dir:?}/root/$name"
  fi
  ln -sfn "usr/$name" "$dir/root/$name"
done
mkdir "$dir/kernel"; dpkg-deb -x "$apt"/linux-image-*.deb "$dir/kernel"
cp "$dir"/kernel/boot/vmlinuz-* "$dir/vmlinuz"

init=$dir/init.d
mkdir -p "$init"/{bin,dev,mnt,modules,proc,sys,tmp}
dpkg-deb -x "$apt"/busybox-static_*.deb "$apt/busybox"; cp "$apt/busybox/bin/busybox" "$init/bin/"; ln -s busybox "$init/bin/sh"
for module in $modules; do
  file=$(find "$dir/kernel" -name "$module.ko*" | head -1)
  case $file in
    *.xz) xz -dc "$file" > "$init/modules/$module.ko" ;;
    *.ko) cp "$file" "$init/modules/" ;;
    *) continue ;; # part of the kernel itself
  esac
  echo "$module" >> "$init/modules/order"
done
cat > "$init/init" <<'I'
#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
while read module; do insmod "/modules/$module.ko"; done < /modules/order
stty -echo -onlcr < /dev/ttyS0
echo GUEST-READY
exec setsid sh -c 'PS1= exec sh < /dev/ttyS0 > /dev/ttyS0 2>&1'
I
chmod +x "$init/init"
(cd "$init" && find . | bin/busybox cpio -o -H newc 2> /dev/null) > "$dir/initrd"

# GRUB's first sector loads what follows it; the one partition begins after a MiB.
boot=$dir/boot.d disk=$dir/disk.raw grub=$dir/root/usr/lib/grub/i386-pc
rm -rf "$boot" "$disk"; mkdir "$boot"; cp "$dir/vmlinuz" "$dir/initrd" "$boot/"
cat > "$apt/grub.cfg" <<'G'
set root=(hd0,msdos1)
linux /vmlinuz console=ttyS0 quiet no_timer_check
initrd /initrd
boot
G
LD_LIBRARY_PATH=$dir/root/usr/lib/x86_64-linux-gnu "$dir/root/usr/bin/grub-mkimage" -d "$grub" -O i386-pc \
  -c "$apt/grub.cfg" -p '(hd0,msdos1)' -o "$apt/core.img" biosdisk part_msdos ext2 linux
truncate -s 64M "$disk"
dd if="$grub/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
printf '\x80\0\0\0\x83\0\0\0\x00\x08\0\0\x00\xf8\x01\0' | dd of="$disk" bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of="$disk" bs=1 seek=510 conv=notrunc status=none
dd if="$apt/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
PATH=$PATH:/usr/sbin:/sbin mke2fs -q -F -t ext2 -d "$boot" -E offset=1048576 "$disk" 63M
rm -rf "$boot" "$dir/kernel" "$init" "$apt"
cp "$0" "$dir/made"
