#!/bin/bash
# Runs inside: installs the repository as its eval script will, first with an index for what is
# still missing, then without, since that is how it must work later.
set -euo pipefail
source /opt/miniconda3/bin/activate
conda activate testbed
cd /testbed
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
older=()
[ -z "$BEFORE" ] || older=(--uploaded-prior-to "$BEFORE")
for file in "$@"; do
    if [ -f "$file" ]; then
        python -m pip install --quiet --no-cache-dir "${older[@]}" -r "$file"
    fi
done
PIP_NO_BUILD_ISOLATION=0 python -m pip install --quiet --no-cache-dir "${older[@]}" -e .
PIP_NO_INDEX=1 PIP_NO_BUILD_ISOLATION=0 python -m pip install --quiet -e .
python -m pip freeze --all --exclude-editable >/opt/miniconda3/envs/testbed/packages.txt
