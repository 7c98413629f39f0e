#!/bin/bash
# In the guest: the test program of that name in ./programs. Further arguments choose tests by name.
for module in target_core_mod target_core_iblock iscsi_target_mod dm-snapshot dm-thin-pool dm-raid iscsi_tcp; do
  modprobe -q "$module" || echo "no module $module"
done
export BESSER_BIN=/share/besser
program=$1; shift
echo "== $program =="
exec "programs/$program" --test-threads=1 --nocapture "$@"
