#!/usr/bin/env bash
# Makes sure that programs are there: need-programs.sh PROGRAM:DEBIAN-PACKAGE...
# Installs the packages of missing ones on Debian as root; otherwise says which to install, and fails.
set -euo pipefail

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
programs=()
packages=()
for pair in "$@"; do
  command -v "${pair%%:*}" >/dev/null || { programs+=("${pair%%:*}"); packages+=("${pair#*:}"); }
done
[ ${#packages[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  printf 'Missing programs: %s\n' "${programs[*]}" >&2
  printf 'Please install these Debian packages (or what your system calls them): %s\n' "${packages[*]}" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
install=(apt-get install --yes --quiet --no-install-recommends "${packages[@]}")
echo "Installing Debian packages: ${packages[*]}"
# The package lists of a fresh machine are absent or too old: then the first try fails, and an update helps.
"${install[@]}" >/dev/null 2>&1 || { apt-get update --quiet >/dev/null && "${install[@]}" >/dev/null; }
