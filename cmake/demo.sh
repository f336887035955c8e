#!/bin/sh
# Builds the demo and runs it: sh cmake/demo.sh [arguments for the demo, such as --stay]
set -eu
cd "$(dirname "$0")/.."

sh cmake/packages.sh
cmake --preset release
cmake --build --preset release --target demo
exec sh examples/shortener/run.sh build/release "$@"
