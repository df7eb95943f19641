#!/bin/sh
# Stands in for git where a test needs to know exactly what the program behind a session does: GIT_PROTOCOL says what.
# Everything else is git's.
case " $* " in *" upload-pack "*) ;; *) exec git "$@" ;; esac
case $GIT_PROTOCOL in
  echo) exec cat ;;
  flood) exec yes ;;
  complain) head -c 1000000 /dev/zero | tr '\0' x >&2; exit 3 ;;
  last-words) printf 'last words'; exit 1 ;;
  wait) exec sleep 600 ;;
  stubborn) trap '' TERM; echo trapped; while :; do sleep 1; done ;;
  *) exec git "$@" ;;
esac
