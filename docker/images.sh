#!/bin/sh
# Builds images of sandboxes on the engine that DOCKER_HOST names: IMAGES, folders of sandboxes/
# with a Dockerfile (python alone if not given). BASE names the image to build on; BASE=debootstrap
# makes one here first (docker/debootstrap.sh).
set -eu
cd "$(dirname "$0")/.."
base=${BASE:-}
if [ "$base" = debootstrap ]; then
    base=vervet/base:debootstrap
    docker image inspect "$base" >/dev/null 2>&1 || sh docker/debootstrap.sh "$base"
fi
for name in ${IMAGES:-python}; do
    docker build --quiet ${base:+--build-arg "BASE=$base"} --tag "vervet/$name" "sandboxes/$name"
    echo "built vervet/$name"
done
