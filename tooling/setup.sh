#!/usr/bin/env bash
# Installs what git-ingress runs on: the npm packages of package-lock.json, Node 24 among them, and ssh2's native
# addon, built for that Node. Does nothing when that is already so. Needs any Node >= 20 with npm to begin with.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
node_bin=$root/node_modules/node/bin
stamp=$root/node_modules/.git-ingress-setup
wanted=$(cat package-lock.json tooling/setup.sh <(uname -sm) | sha256sum)

# ssh2 works without its addon, silently and at up to four times the CPU: hence the question whether it loads.
works() {
  "$node_bin/node" -e 'process.exit(require("ssh2/lib/protocol/crypto.js").bindingAvailable ? 0 : 1)' 2>/dev/null
}

is_set_up() {
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && works
}

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

is_set_up && exit 0

# One setup at a time; the second finds the work done.
exec 9<package-lock.json
flock 9
is_set_up && exit 0

command -v npm >/dev/null || fail 'npm is missing: install Node.js 20 or newer with npm (on Debian 12: apt-get install npm, or a newer Node).'
tooling/need-programs.sh gcc:build-essential g++:build-essential make:build-essential python3:python3 \
  git:git ssh:openssh-client ssh-keygen:openssh-client

quietly() {
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { grep -m 25 . "$log" >&2; rm -f "$log"; fail "this failed: $*"; }
  rm -f "$log"
}

echo 'Installing npm packages ...'
# Scripts are off: the addon must not be built for whichever Node runs npm.
quietly npm ci --ignore-scripts --no-audit --no-fund
quietly npm rebuild node --no-audit --no-fund

headers=
for candidate in node_modules/node/node_modules/node-linux-* node_modules/node-linux-*; do
  [ -f "$candidate/include/node/node.h" ] && headers=$root/$candidate
done
[ -n "$headers" ] || fail "the npm package 'node' brought no headers for $(uname -sm)."

echo "Building ssh2's addon for Node $("$node_bin/node" --version) ..."
# make, which node-gyp uses, cannot handle a space in a path: it gets the headers by another name.
link=$(mktemp -d)
trap 'rm -rf "$link"' EXIT
ln -s "$headers" "$link/headers"
PATH=$node_bin:$PATH npm_config_nodedir=$link/headers CI_CHECK_FAIL=ssh2 quietly npm rebuild ssh2 cpu-features --no-audit --no-fund
works || fail "ssh2's addon was built, but Node $("$node_bin/node" --version) cannot load it: see require('ssh2/lib/protocol/crypto.js')."

printf '%s' "$wanted" >"$stamp"
echo 'Set up.'
