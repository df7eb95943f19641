#!/usr/bin/env bash
# Builds programs from a Go module that pins them: build-go-tools.sh MODULE-FOLDER LDFLAGS PROGRAM=PACKAGE...
# Prints the folder that holds them. It is in the user's cache, named by the checksum of all that it was made from: so
# this takes minutes once, and nothing after that. Go must be there.
set -euo pipefail

module=$1
flags=(-mod=readonly -trimpath -ldflags "$2")
shift 2

fail() {
  printf '%s: %s\n' "$module" "$*" >&2
  exit 1
}

cache=${XDG_CACHE_HOME:-$HOME/.cache}/git-ingress
checksum=$({ printf '%s\n' "${flags[@]}" "$@" "$(uname -sm)" && cat "$module/go.mod" "$module/go.sum"; } | sha256sum)
folder=$cache/${module##*/}-${checksum:0:16}
if [ ! -d "$folder" ]; then
  # One build at a time; the second finds the work done.
  mkdir -p "$cache"
  exec 9>"$cache/.lock"
  flock 9
fi

if [ ! -d "$folder" ]; then
  wanted=$(awk '$1 == "go" {print $2}' "$module/go.mod")
  # Asked inside of the module, where Go may bring a newer toolchain of its own.
  found=$(cd "$module" && go env GOVERSION 2>/dev/null) || found='an older one'
  printf '%s\n' "go$wanted" "$found" | sort --version-sort --check=quiet || fail "this needs Go $wanted or newer, and there is $found."

  printf 'Building %s with Go; once, for several minutes ...\n' "${*%%=*}" >&2
  # Beside its place to be, so that a rename can put it there whole. What lies there was left by one that was killed.
  rm -rf "$cache"/.building-*
  building=$(mktemp -d "$cache/.building-XXXXXX")
  trap 'rm -rf "$building"' EXIT
  mkdir "$building/programs"
  (cd "$module" && CGO_ENABLED=0 GOWORK=off go build "${flags[@]}" -o "$building/programs/" "${@#*=}") \
    >"$building/log" 2>&1 || { tail -n 25 "$building/log" >&2; fail 'this build failed.'; }
  for pair in "$@"; do
    # Go names a program after the last element of its package that is not a version.
    built=$(sed -E 's|/v[0-9]+$||; s|.*/||' <<<"${pair#*=}")
    [ "$built" = "${pair%%=*}" ] || mv "$building/programs/$built" "$building/programs/${pair%%=*}"
  done
  mv "$building/programs" "$folder"
fi
printf '%s\n' "$folder"
