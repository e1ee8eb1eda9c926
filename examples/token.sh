#!/bin/sh
# Gets a token from Keystone, and says whether it is valid by true time; if not here, or not on one of these hosts, whose
# clock is wrong. The token goes through pipes alone: neither into a file nor onto a command line.
#
#   NOONMARK_URL=https://time.example.org sh examples/token.sh [HOST...]
set -eu
: "${NOONMARK_URL:?is to be the URL of an edge}"

token=$(openstack token issue -f json)
code=0
printf '%s\n' "$token" | noonmark token - || code=$?
for host; do
  printf '\n%s\n' "$host"
  printf '%s\n' "$token" | ssh "$host" "NOONMARK_URL='$NOONMARK_URL' noonmark token -" || code=$?
done
exit "$code"
