#!/usr/bin/env bash
# Starts git-ingress with the example manifests, and prints commands that try it out once it is ready.
# Keeps what it makes: the demo key and the repositories under data/, the key's manifest beside the other examples.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
manifests=examples/standalone
key=$root/data/demo/id_ed25519
known_hosts=$root/data/demo/known_hosts
ssh_listen=${GIT_INGRESS_SSH_LISTEN:-127.0.0.1:2222}
http_listen=${GIT_INGRESS_HTTP_LISTEN:-127.0.0.1:9222}

make_demo_key() {
  [ -f "$key" ] || { (umask 077 && mkdir -p "${key%/*}") && ssh-keygen -q -t ed25519 -N '' -C demo -f "$key"; }
  # A name with a dot in front, until it is whole: git-ingress may be reading the folder.
  cat >"$manifests/.demo-key.yaml" <<YAML
# Made by "make run" for the key in data/demo/; git ignores this file.
apiVersion: gitingress.dev/v1alpha1
kind: SSHKey
metadata:
  namespace: demo
  name: demo-key
spec:
  publicKey: $(cut -d ' ' -f 1,2 "$key.pub")
  userRef:
    name: demo
YAML
  mv "$manifests/.demo-key.yaml" "$manifests/demo-key.yaml"
}

answers() {
  (exec 3<>"/dev/tcp/${1%:*}/${1##*:}") 2>/dev/null
}

is_ready() {
  local status
  { exec 3<>"/dev/tcp/${http_listen%:*}/${http_listen##*:}"; } 2>/dev/null || return 1
  printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
  read -r status <&3
  exec 3>&-
  [[ $status == *' 200 '* ]]
}

# One word for a shell, whatever is in it.
quote() {
  if [[ $1 =~ ^[A-Za-z0-9_./:@=+,-]+$ ]]; then printf '%s' "$1"; else printf "'%s'" "${1//\'/\'\\\'\'}"; fi
}

print_commands() {
  local host=${ssh_listen%:*} port=${ssh_listen##*:} url ssh_command clone hosts_option=$known_hosts
  awk -v host="[$host]:$port" '{print host, $1, $2}' data/host-keys/*.pub >"$known_hosts"
  # ssh splits this option's value at spaces, unless it stands in double quotes.
  [[ $known_hosts == *[[:space:]]* ]] && hosts_option="\"$known_hosts\""
  ssh_command="ssh -F none -i $(quote "$key") -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes"
  ssh_command+=" -o $(quote "UserKnownHostsFile=$hosts_option")"
  clone="git clone -c core.sshCommand=$(quote "$ssh_command")"
  url=ssh://git@$host:$port/demo/hello.git
  cat <<TEXT

git-ingress is ready. Paste this into another terminal, as often as you like; it works in a new folder each time:

cd "\$(mktemp -d)"
$clone $url hello
echo "Hello, it is \$(date)." >> hello/README.md
git -C hello add README.md
git -C hello -c user.name=Demo -c user.email=demo@example.com -c commit.gpgsign=false commit -m "Say hello"
git -C hello push origin HEAD
$clone $url hello-again
git -C hello-again --no-pager log --oneline

Who am I, and what can I reach?

$ssh_command -T -p $port git@$host

The users, keys and repositories are in $manifests/: change a file, and it is in force when it is saved.
Ctrl-C ends git-ingress, after the sessions that are under way.

TEXT
}

make_demo_key
# If something else listens there, git-ingress says so and ends; the other's commands are not ours to print.
if answers "$ssh_listen" || answers "$http_listen"; then
  printf 'Something answers on %s or %s already. To use other ports:\n\n' "$ssh_listen" "$http_listen" >&2
  printf 'GIT_INGRESS_SSH_LISTEN=127.0.0.1:2223 GIT_INGRESS_HTTP_LISTEN=127.0.0.1:9223 make run\n\n' >&2
else
  server=$$
  {
    until is_ready; do
      kill -0 "$server" 2>/dev/null || exit 0
      sleep 0.1
    done
    print_commands
  } &
fi
exec bin/git-ingress run --manifests "$manifests" --data data --ssh-listen "$ssh_listen" --http-listen "$http_listen"
