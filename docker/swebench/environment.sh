#!/bin/sh
# Runs inside: the environment testbed with the packages $@, none of them uploaded after $BEFORE,
# made with the interpreter python$PYTHON.
set -eu
place=/opt/miniconda3/envs/testbed
interpreter=
for name in "python$PYTHON" python3 python; do
    found=$(command -v "$name") || continue
    version=$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || continue
    [ "$version" != "$PYTHON" ] || { interpreter=$found; break; }
done
[ -n "$interpreter" ] || { echo "there is no Python $PYTHON in the base image" >&2; exit 1; }
"$interpreter" -m venv "$place"
pip="$place/bin/python -m pip --quiet --disable-pip-version-check --no-cache-dir"
export PIP_ROOT_USER_ACTION=ignore
# The tools that build are newer than what they build: editable installs need them so.
if [ -n "$BEFORE" ]; then
    $pip install --upgrade "pip>=26" "setuptools>=64,<80" wheel
    $pip install --uploaded-prior-to "$BEFORE" "$@"
else
    $pip install "$@"
fi
