#!/usr/bin/env bash
# Makes sure that kube-apiserver, etcd, kube-controller-manager and kubectl are there, and prints the folder that holds
# them. KUBEBUILDER_ASSETS names one that has at least the first two, as for every project built on controller-runtime;
# what it lacks comes from PATH. Otherwise Go builds the versions that test/kubernetes/go.mod pins.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
module=test/kubernetes
packages=(
  etcd=go.etcd.io/etcd/server/v3
  kube-apiserver=k8s.io/kubernetes/cmd/kube-apiserver
  kube-controller-manager=k8s.io/kubernetes/cmd/kube-controller-manager
  kubectl=k8s.io/kubernetes/cmd/kubectl
)

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Without these a program would say, and a client would believe, that it is of version 0.0.0.
version_flags() {
  local version minor
  version=$(awk '$1 == "k8s.io/kubernetes" {print $2}' "$module/go.mod")
  minor=${version#v1.}
  printf -- '-X k8s.io/component-base/version.%s ' "gitVersion=$version" gitMajor=1 "gitMinor=${minor%%.*}"
}

build() {
  command -v go >/dev/null || fail \
    'The tests against Kubernetes need its API server, and build it with Go, which is missing.' \
    'Please install Go (a version as in test/kubernetes/go.mod, or newer), or set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd,' \
    'such as the one that "setup-envtest use --print path" prints.'
  tooling/build-go-tools.sh "$module" "-s -w $(version_flags)" "$@"
}

if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  build "${packages[@]}"
  exit
fi

for program in kube-apiserver etcd; do
  [ -x "$KUBEBUILDER_ASSETS/$program" ] || fail "KUBEBUILDER_ASSETS is $KUBEBUILDER_ASSETS, and holds no $program."
done
# One folder for what may lie in several.
folder=${XDG_CACHE_HOME:-$HOME/.cache}/git-ingress/assets-$(sha256sum <<<"$KUBEBUILDER_ASSETS $PATH" | head -c 16)
mkdir -p "$folder"
for pair in "${packages[@]}"; do
  program=${pair%%=*}
  path=$(PATH="$KUBEBUILDER_ASSETS:$PATH" command -v "$program") || path=$(build "$pair")/$program
  ln -sfn "$(realpath "$path")" "$folder/$program"
done
printf '%s\n' "$folder"
