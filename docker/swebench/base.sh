#!/bin/sh
# Runs inside: what every instance needs beside an interpreter, and the packages $@.
set -eu
export DEBIAN_FRONTEND=noninteractive
if command -v apt-get >/dev/null; then
    apt-get update -qq || apt-get update -qq
    apt-get install -qq -y --no-install-recommends bash git patch ca-certificates "$@" >/tmp/log 2>&1 ||
        { tail -n 20 /tmp/log >&2; exit 1; }
    # Debian's own interpreter makes environments only with this.
    [ ! -x /usr/bin/python3 ] || apt-get install -qq -y --no-install-recommends python3-venv >/tmp/log 2>&1 ||
        { tail -n 20 /tmp/log >&2; exit 1; }
    rm -rf /var/cache/apt /var/lib/apt/lists /tmp/log
fi
for tool in bash git patch tail tar; do
    command -v "$tool" >/dev/null || { echo "there is no $tool in the base image" >&2; exit 1; }
done
