#!/bin/bash
# In the guest: NAME=VALUE... PROGRAM [TEST...]: the test program of that name in ./programs, in that environment. What
# follows chooses tests by name.
for module in target_core_mod target_core_iblock iscsi_target_mod dm-snapshot dm-thin-pool dm-raid dm-crypt iscsi_tcp; do
  modprobe -q "$module" || echo "no module $module"
done
export BESSER_BIN=/share/besser
while [[ ${1-} == *=* ]]; do export "$1"; shift; done
program=$1; shift
[ -n "${BESSER_TEST_THOROUGH-}" ] || set -- --skip slow:: "$@"
echo "== $program =="
exec "programs/$program" --test-threads=1 --nocapture "$@"
