#!/bin/sh
# Builds the image of every sandbox on the engine that DOCKER_HOST names. BASE names the image to
# build on; BASE=debootstrap makes one here first (docker/debootstrap.sh).
set -eu
cd "$(dirname "$0")/.."
base=${BASE:-}
if [ "$base" = debootstrap ]; then
    base=vervet/base:debootstrap
    docker image inspect "$base" >/dev/null 2>&1 || sh docker/debootstrap.sh "$base"
fi
for file in sandboxes/*/Dockerfile; do
    folder=${file%/Dockerfile}
    docker build --quiet ${base:+--build-arg "BASE=$base"} --tag "vervet/${folder##*/}" "$folder"
    echo "built vervet/${folder##*/}"
done
