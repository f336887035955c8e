#!/bin/sh
# Installs what hookwright is built and tested with, on Debian 12 or newer: sh cmake/packages.sh [--ci]
#
# Asks for nothing that is there already, and touches no network then. --ci adds the second compiler and the linters.
set -eu

# One package a line. With a command behind it, that command counts as the package, wherever it comes from.
build='
g++ g++
cmake cmake
ninja-build ninja
pkg-config pkg-config
libcurl4-openssl-dev
libssl-dev
rapidjson-dev
libsqlite3-dev
catch2
libcpp-httplib-dev
nodejs node
node-express
python3 python3
python3-aiosmtpd
python3-prometheus-client
openssl openssl
iproute2 ip
curl curl
ca-certificates
'
ci='
git git
clang-14 clang++-14
clang-format-14 clang-format-14
clang-tidy-14 clang-tidy-14
libclang-rt-14-dev
libcurl3-gnutls
'

wanted=$build
case "${1-}" in
  '') ;;
  --ci) wanted="$build$ci" ;;
  *) echo "usage: sh cmake/packages.sh [--ci]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "packages.sh: not a Debian system; going on with what is installed" >&2
  exit 0
fi

missing=$(
  echo "$wanted" | while read -r package tool; do
    [ -n "$package" ] || continue
    if [ -n "$tool" ] && command -v "$tool" >/dev/null 2>&1; then continue; fi
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
    [ "$status" = "install ok installed" ] || echo "$package"
  done
)
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "packages.sh: as root, install:" $missing >&2
    exit 1
  fi
  as_root=sudo
fi
echo "packages.sh: installing" $missing
$as_root apt-get -qq update
# shellcheck disable=SC2086  # the list is meant to be split
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install $missing >/dev/null
