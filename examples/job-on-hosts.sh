#!/bin/sh
# Runs a command on several hosts at one moment of true time, whatever their clocks say.
#
#   NOONMARK_URL=https://time.example.org sh examples/job-on-hosts.sh TIME COMMAND HOST...
set -eu
: "${NOONMARK_URL:?is to be the URL of an edge}" "${3:?is missing: TIME COMMAND HOST...}"

time=$1 command=$2
shift 2
said=$(mktemp -d)
trap 'rm -r "$said"' EXIT
for host; do
  { ssh "$host" "NOONMARK_URL='$NOONMARK_URL' noonmark at '$time' -- $command" || touch "$said/failed"; } \
    >"$said/$host" 2>&1 &
done
wait
for host; do sed "s/^/$host: /" "$said/$host"; done
[ ! -e "$said/failed" ]
