#!/bin/sh
# Imports a small Debian with Python as the image $1, where no registry can be reached. Needs root,
# the package debootstrap and Debian's own mirror. SUITE chooses the release (bookworm: Python 3.11).
set -eu
image=$1
suite=${SUITE:-bookworm}
if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "BASE=debootstrap needs root and the package debootstrap: apt-get install debootstrap" >&2
    exit 1
fi
root=$(mktemp -d)
trap 'rm -rf "$root" "$root.log"' EXIT
if ! debootstrap --variant=minbase --include=python3 "$suite" "$root" >"$root.log" 2>&1; then
    tail -n 20 "$root.log" >&2
    exit 1
fi
rm -rf "$root"/var/cache/apt "$root"/var/lib/apt/lists "$root"/usr/share/doc \
    "$root"/usr/share/man "$root"/usr/share/locale "$root"/var/log/*
tar --create --directory "$root" . | docker import - "$image" >/dev/null
