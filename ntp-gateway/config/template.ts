/** The configuration that `init` writes: what most people set, with what a beginner has to know beside it. */

export type Template = {
  readonly id: string;
  readonly stateDir: string;
  /** Of NTP. */
  readonly port: number;
  readonly hasIpv6: boolean;
  /** Absent where this host has none. */
  readonly leapFile?: string;
  readonly publish: readonly string[];
};

/** Where Debian's tzdata puts it; others too. */
export const LEAP_FILE = '/usr/share/zoneinfo/leap-seconds.list';

/** What stands behind `#` without a space is left to the reader to take up: TOML as well. */
export const templateText = ({ id, stateDir, port, hasIpv6, leapFile, publish }: Template): string => `\
# noonmark-gateway: asks NTP servers, serves NTP to a LAN, publishes signed time to edges.
#
# After a change: noonmark-gateway check --config FILE. What runs takes it up within seconds, unless it has faults.
# A line that begins with # and no space is a setting that is off, or stands as it is without it.
# Lengths of time have a unit: "250ms", "16s". Every key: docs/gateway.md and docs/configuration.md.

[gateway]
id = ${text(id)}   # edges know this gateway by it: another for each gateway
state_dir = ${text(stateDir)}   # its key, and what it learns. Never copy it to a second machine
#min_sources = 1   # so many must agree before time is told: 2 or 3 where a wrong time is worse than none
#require_nts = false   # true: servers that anybody on the way could forge have no vote

# Whom it asks. A majority decides, so three or more that are independent are better than one: a liar is then
# found out and left out. \`noonmark-gateway sources\` says why each is or is not selected.

[[source]]
address = "time.cloudflare.com"
nts = true   # signed answers (RFC 8915); asks port 4460 over TCP first

[[source]]
pool = "pool.ntp.org"   # several servers of one name; those that turn out bad are replaced
max_sources = 4

#[[source]]   # a server of your own network
#address = "192.0.2.10"
#min_poll = 4   # seconds as a power of two, here 16: it is asked no more often. How often pays is found out
#prefer = true   # where it is selected, the best guess is its alone

# The LAN: NTP for your hosts. Ports below 1024 need a right of their own, which the systemd unit gives.

[server]
listen = [${[`0.0.0.0:${port}`, ...(hasIpv6 ? [`[::]:${port}`] : [])].map(text).join(', ')}]
# Who may ask: private networks. Without allow and deny everyone may, the internet included.
allow = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fe80::/10", "fc00::/7"]
#rate_limit = { interval = "2s", burst = 8 }   # for each client; a cloud behind one NAT goes into exempt = ["10.1.0.0/16"]
#smear = "24h"   # leads the LAN through a leap second slowly, and needs [leap]; what is signed is never smeared

#[server.nts]   # signed answers for the LAN: a certificate for the name by which clients ask
#listen = ["0.0.0.0:4460"]
#certificate = "/etc/noonmark/cert.pem"
#key = "/etc/noonmark/key.pem"

# When leap seconds come, and how far TAI is from UTC. The package tzdata keeps it up to date.

${off(leapFile === undefined)}[leap]
${off(leapFile === undefined)}file = ${text(leapFile ?? LEAP_FILE)}

# Edges: workers that tell the time over HTTPS, by this gateway's signed samples. An edge has to know its key:
# \`noonmark-gateway keys --config FILE\` prints what to paste there; docs/deploy.md goes through it.

${publishText(publish)}
# What \`status\` shows, for a browser and for Prometheus. It has no password: leave it on this machine.

[status]
listen = "127.0.0.1:9123"

# One line for each change of state, on stderr. Each measurement goes to files, where they are named, as chrony has them.

#[log]
#format = "auto"   # text on a terminal, JSON elsewhere
#measurements = "/var/log/noonmark/measurements.log"
#tracking = "/var/log/noonmark/tracking.log"

# While no source answers, serve this host's own clock, marked: for a LAN that must agree more than be right.

#[local]
#stratum = 10
#uncertainty = "1s"

# Keep this host's own clock: stop chronyd, ntpd and systemd-timesyncd first. It takes CAP_SYS_TIME.

#[system_clock]
#discipline = "slew"   # or "step-and-slew", which sets it where it is certainly 0.5 s off
`;

/** JSON's strings are TOML's too. */
const text = (value: string): string => JSON.stringify(value);
const off = (isOff: boolean): string => (isOff ? '#' : '');

const EXAMPLE_EDGE = 'https://time.example.org';
const publishText = (origins: readonly string[]): string =>
  (origins.length > 0 ? origins : [EXAMPLE_EDGE])
    .map((origin) => {
      const hash = off(origins.length === 0);
      return `${hash}[[publish]]\n${hash}url = ${text(origin)}   # as callers name it, without a path\n`;
    })
    .join('\n');
