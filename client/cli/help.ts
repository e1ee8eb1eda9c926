/** What stands below the options in `--help`: examples, exit codes, and what is meant. */

const EXITS = `
Exit codes: 0 good · 1 who answered is not believed · 2 wrong use · 3 no time was to be had, or it could not be printed`;

export const HELP = {
  noonmark: `
Environment:
  NOONMARK_URL   the edge, where none is named
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY   as elsewhere; with Node 24 or later
  NO_COLOR       no colours, also on a terminal

Lengths of time have a unit: 100ms, 1.5s, 2m. \`noonmark COMMAND --help\` has examples and exit codes.
To complete command lines: source <(noonmark completion bash), or zsh; for fish see \`noonmark completion --help\``,
  time: `
Examples:
  noonmark time https://time.example.org
  noonmark time https://time.example.org --gateway-key 8s0YHUAtLIWzJrKlZpq1oHUMVSkZtTAIEbKLZbPUzVg
  noonmark time --json | jq -r .time

With --gateway-key each answer has to be signed on that gateway’s word, and a certificate of which nothing is wrong but
its date by this host’s clock is let pass: so a host that believes it is 1970 gets the time.
The newest verified time is kept in ~/.local/state/noonmark (XDG_STATE_HOME); an earlier one is refused from then on.
${EXITS}`,
  skew: `
Examples:
  noonmark skew https://time.example.org --warn 100ms --crit 1s
  noonmark skew --json | jq .offsetMs

A plugin for Nagios and its kin: one line with performance data. The offset is true time less this host’s clock: positive
where the host is slow. What is certain decides. Where a limit lies within what is left open the best guess does; if that
is less certain than the limit is far, the state is UNKNOWN, or what is certain.

Exit codes: 0 OK · 1 WARNING · 2 CRITICAL · 3 UNKNOWN, also where no time was to be had, or for wrong use`,
  verify: `
Example:
  noonmark verify https://time.example.org --gateway-key 8s0YHUAtLIWzJrKlZpq1oHUMVSkZtTAIEbKLZbPUzVg

The links are gone through in order, and nothing beyond the first that does not hold is looked at.

Exit codes: 0 all hold · 1 one does not · 2 wrong use · 3 no time was to be had`,
  audit: `
Examples:
  noonmark audit https://time.example.org https://time.example.net
  noonmark audit --all-addresses https://time.example.org

Two intervals without a time in common cannot both hold true time. Each is taken to one instant by this host’s monotonic
clock, and is wider by what that may have drifted. What is told here raises no floor (\`noonmark time --help\`).

Exit codes: 0 none contradict · 1 two do, or one is not believed · 2 wrong use · 3 fewer than two answered`,
  token: `
Examples:
  openstack token issue -f json | noonmark token - --url https://time.example.org
  noonmark token --lifetime 1h token.txt

A Fernet token does not say when it expires: without --lifetime that is told from what \`openstack\` prints alone. No
signature is checked. The token itself is a secret: it is no argument, and nothing of it is printed.

Exit codes: 0 valid by true time · 1 not, or not certainly · 2 wrong use, or no token · 3 no time was to be had, or none that
is believed`,
  completion: `
Examples:
  source <(noonmark completion bash)
  source <(noonmark completion zsh)
  noonmark completion zsh > "\${fpath[1]}/_noonmark"
  noonmark completion fish > ~/.config/fish/completions/noonmark.fish`,
  at: `
Examples:
  noonmark at --url https://time.example.org 2026-12-01T00:00:00Z -- systemctl restart api
  noonmark at +90s -- sh -c 'echo now'

It waits until true time is certainly past TIME, so it is never early; it is late by as much as is not known of the time,
and says on standard error by how much. Meanwhile it keeps asking. A host that sleeps through TIME runs the command as it
wakes. Signals are passed on to the command.

Exit codes: the command’s own, once it runs · 1 TIME is over, the time comes from no source, or who answered is not
believed · 2 wrong use · 3 no time was to be had · 126, 127 the command cannot be run, which is looked at before the wait`,
  stamp: `
Examples:
  journalctl -f | noonmark stamp --url https://time.example.org > a.log
  noonmark stamp --merge a.log b.log

The time is that at which a line was taken up here, whenever it was written. While nothing bounds it, its latest is the end
of the year 9999. A merged line begins with < where it certainly came after all lines above it, else with ~.

Exit codes: 0 good · 1 the time comes from no source, who answered is not believed, or a file was not stamped so · 2 wrong
use · 3 no time was to be had`,
  feed: `
Example:
  noonmark feed --sock /run/chrony/noonmark.sock --url https://time.example.org

It prints the line for chrony.conf: the socket carries no bound, so chronyd is told there by how much a sample may be off.
ntpd-rs has [[source]] with mode = "sock". After each exchange one sample is sent, none while the time is not known; a
daemon that starts anew is found again. The leap second is handed on as it is announced.

It runs until a signal ends it. Exit codes: 2 wrong use`,
} as const;
