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
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
for name in ${IMAGES:-python}; do
    mkdir "$context/$name"
    cp -R "sandboxes/$name/." "$context/$name"
    if [ -f "sandboxes/$name/packages.txt" ]; then
        # Those packages, as requirements/default.txt locks them: what the jail has, too.
        awk 'FNR == NR { wanted[$1]; next } /^[^ #]/ { split($1, part, "=="); keep = part[1] in wanted } keep' \
            "sandboxes/$name/packages.txt" requirements/default.txt > "$context/locked.txt"
        "${PYTHON:-python3}" -m pip install --quiet --disable-pip-version-check --no-deps \
            --require-hashes --target "$context/$name/packages" -r "$context/locked.txt"
    fi
    docker build --quiet ${base:+--build-arg "BASE=$base"} --tag "vervet/$name" "$context/$name"
    echo "built vervet/$name"
done
