#!/usr/bin/env bash
# Makes sure that Helm is there, and prints the path of the program: the one in PATH if it is new enough, otherwise one
# that Go builds, of the version that test/helm/go.mod pins.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
module=test/helm
oldest=v3.18.0

found=$(helm version --template '{{.Version}}' 2>/dev/null) || found=
if [ -n "$found" ] && printf '%s\n' "$oldest" "$found" | sort --version-sort --check=quiet; then
  command -v helm
  exit
fi

if ! command -v go >/dev/null; then
  printf '%s\n' \
    "The tests of the chart need Helm $oldest or newer, and build it with Go; both are missing." \
    'Please install Helm, or Go (a version as in test/helm/go.mod, or newer).' >&2
  exit 1
fi
version=$(awk '$1 == "helm.sh/helm/v4" {print $2}' "$module/go.mod")
folder=$(tooling/build-go-tools.sh "$module" "-s -w -X helm.sh/helm/v4/internal/version.version=$version" helm=helm.sh/helm/v4/cmd/helm)
printf '%s\n' "$folder/helm"
