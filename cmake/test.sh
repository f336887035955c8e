#!/bin/sh
# Builds hookwright and runs its tests: sh cmake/test.sh [arguments for ctest]
set -eu
cd "$(dirname "$0")/.."

sh cmake/packages.sh
cmake --preset dev
cmake --build --preset dev
ctest --preset dev "$@"
