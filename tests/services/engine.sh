#!/bin/sh
# Makes a Docker engine answer, with gVisor as its runtime runsc: does nothing where one does, else
# installs Debian's packages and starts dockerd, both as root. Ends with an error where it cannot.
set -eu
state=/run/vervet-engine
log=$state/dockerd.log
packages="docker.io iptables debootstrap runsc"

answers() { docker info >/dev/null 2>&1; }

fail() {
    echo "$1" >&2
    exit 1
}

install_packages() {
    missing=
    for package in $packages; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q ' installed$' ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >"$state/apt.log" 2>&1 ||
        { tail -n 20 "$state/apt.log" >&2; fail "the packages$missing could not be installed"; }
    # What systemd has started with the new package does not know runsc.
    [ ! -d /run/systemd/system ] || systemctl stop docker.socket docker.service
}

# gVisor lets a guest reach the socket that the host has put into its folder, and nothing else.
write_runtime() {
    printf '#!/bin/sh\nexec %s --network=none --host-uds=open "$@"\n' "$(command -v runsc)" >"$state/runsc"
    chmod +x "$state/runsc"
}

# Whatever outlives this script must not hold its lock.
start_engine() {
    setsid dockerd --add-runtime "runsc=$state/runsc" "$@" 9>&- </dev/null >"$log" 2>&1 &
    engine=$!
    for _ in $(seq 300); do
        answers && return
        kill -0 "$engine" 2>/dev/null || return 1
        sleep 0.1
    done
    kill "$engine"
    return 1
}

answers && exit
[ "$(id -u)" = 0 ] || fail "no Docker engine answers, and only root can install and start one"
mkdir -p "$state"
exec 9>"$state/lock"
flock 9
answers && exit
install_packages
write_runtime
start_engine || start_engine --storage-driver vfs --iptables=false --bridge=none ||
    { tail -n 20 "$log" >&2; fail "dockerd did not start"; }
