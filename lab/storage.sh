#!/bin/bash
# In the guest: the drivers' tests on real LVM and the kernel's own iSCSI target.
for module in target_core_mod target_core_iblock iscsi_target_mod dm-snapshot dm-thin-pool; do
  modprobe "$module" || echo "no module $module"
done
exec ./lab-tests --test-threads=1 --nocapture "$@"
