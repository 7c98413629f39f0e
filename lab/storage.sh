#!/bin/bash
# In the guest: every test program in ./programs, one after the other. Arguments choose tests by name. Succeeds when all do.
for module in target_core_mod target_core_iblock iscsi_target_mod dm-snapshot dm-thin-pool dm-raid iscsi_tcp; do
  modprobe -q "$module" || echo "no module $module"
done
export BESSER_BIN=/share/besser
status=0
for program in programs/*; do
  echo "== $(basename "$program") =="
  "$program" --test-threads=1 --nocapture "$@" || status=1
done
exit $status
