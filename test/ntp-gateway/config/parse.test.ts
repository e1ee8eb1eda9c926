import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultText, parseConfig } from '../../../ntp-gateway/config/parse.ts';

const GATEWAY = '[gateway]\nid = "gw-1"\nstate_dir = "state"\n'; // lines 1 to 3
const GOOD = `${GATEWAY}[local]\n`; // so that what follows begins on line 5

const SHM = '[[source]]\nshm = 0\nuncertainty = "1s"\n';

const faultsOf = (text: string): string[] => {
  const parsed = parseConfig(text, 'f.toml');
  return parsed.ok ? [] : parsed.faults.map(faultText);
};

const SOURCE_KEYS =
  'address, pool, max_sources, port, min_poll, max_poll, burst, interleaved, prefer, trust, noselect, max_asymmetry, smears, nts, nts_port, nts_ca, key';
const SERVER_KEYS = 'listen, threads, allow, deny, rate_limit, smear, nts, roughtime, pull';
const NETWORK = 'must be a network such as "10.0.0.0/8" or "fd00::/8", or one address';
const UNCERTAINTY = 'must be a length of time from "1ns" to "1s"';
const OFFSET = 'must be a length of time from "-10s" to "10s"';
const SOCK = 'must be the absolute path of a socket, of at most 107 bytes';
const REFERENCE_ID = 'must be 1 to 4 capital letters or digits, such as "GPS"';
const NO_SERVER =
  'unknown key of a reference clock; known here: sock, shm, reference_id, uncertainty, offset, prefer, trust, noselect';
const EDGE = 'https://time.example.org';
const EDGE_KEY = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
const EDGE_SOURCE = `[[source]]\nhttps = "${EDGE}"\ngateway_key = "${EDGE_KEY}"\n`;
const EDGE_KEY_ID = 'the id of a gateway’s key, 43 characters, as `noonmark-gateway keys` prints it on that gateway';
const EDGE_RULE = 'must be an https URL without a path, such as "https://time.example.org" (http on this host alone)';
const GATEWAY_KEY_MISSING = `5: source[0].gateway_key: is missing: ${EDGE_KEY_ID}; nobody else vouches for an edge’s time`;
const NO_ADDRESS =
  'unknown key of an https source; known here: https, gateway_key, min_poll, max_poll, prefer, trust, noselect';
const HOST = 'must be a host name or an IP address, without brackets or port';
const ENDPOINT = 'must be an IP address and a port, such as "127.0.0.1:123" or "[::1]:123"';
const URL_RULE = 'must be an http or https URL without a path, such as "https://time.example.org"';
const PUBLISH = '[[publish]]\nurl = "https://time.example.org"\n';
const ROUGHTIME = '[server]\nlisten = ["[::]:123"]\n[server.roughtime]\nlisten = ["[::]:5319"]\n';
const PULL_URL_RULE =
  'must be an https URL without a path, such as "https://gw-1.example.org" (http on this host alone)';
const ID = 'must be 1 to 64 letters, digits, dots, dashes or underscores';
const DRIFT = 'must be a ratio from "1ppb" to "100000ppm", such as "500ppm"';
const KEY_ID = 'must be the number of a key, 1 to 4294967295';
const POLL = 'must be a whole number from -4 to 17';

describe('a fault', () => {
  it.each([
    // the host's clock
    [
      `${GOOD}[system_clock]\ndiscipline = "step"`,
      '6: system_clock.discipline: must be "off", "slew" or "step-and-slew"',
    ],
    [`${GOOD}[system_clock]\nmode = "off"`, '6: system_clock.mode: unknown key; known here: discipline'],
    ...['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1', 'LocalHost'].map((address) => [
      `${GOOD}[[source]]\naddress = "${address}"\n[system_clock]\ndiscipline = "slew"`,
      '6: source[0].address: is this host: what it serves may be the clock that [system_clock] steers',
    ]),
    // the gateway
    ['[local]', '1: gateway: is missing'],
    ['[local]\n\n[gateway]\nstate_dir = "a"', '3: gateway.id: is missing'],
    ['[local]\n[gateway]\nid = "a b"\nstate_dir = "s"', `3: gateway.id: ${ID}`],
    [`[local]\n[gateway]\nid = "${'a'.repeat(65)}"\nstate_dir = "s"`, `3: gateway.id: ${ID}`],
    ['[local]\n[gateway]\nid = 7\nstate_dir = "s"', `3: gateway.id: ${ID}`],
    ['[local]\n[gateway]\nid = "a"\nstate_dir = ""', '4: gateway.state_dir: must be the path of a folder'],
    ['[local]\n[gateway]\nid = "a"\nstate_dir = "a\\u0000b"', '4: gateway.state_dir: must be the path of a folder'],
    ['local = {}\ngateway = { id = "a", state_dir = "s", max_drift = "5%" }', `2: gateway.max_drift: ${DRIFT}`],
    [
      'local = {}\ngateway.id = "a"\ngateway.state_dir = "s"\ngateway.max_drift = "0ppm"',
      `4: gateway.max_drift: ${DRIFT}`,
    ],
    [
      'local = {}\ngateway.id = "a"\ngateway.state_dir = "s"\ngateway.max_drift = 500',
      `4: gateway.max_drift: ${DRIFT}`,
    ],
    [
      '[gateway]\nid = "a"\nstate_dir = "s"\nrequire_nts = true\n[[source]]\naddress = "192.0.2.1"',
      '4: gateway.require_nts: leaves no source a vote: none has nts or a key',
    ],
    ['gateway = 1\n[local]', '1: gateway: must be a table'],
    ['gateway = 2026-11-22\n[local]', '1: gateway: must be a table'],
    ['[[gateway]]\nid = "a"\n[local]', '1: gateway: must be a table'],
    // unknown keys, and those of later versions
    [
      `${GOOD}[sauce]`,
      '5: sauce: unknown key; known here: gateway, source, keys, server, local, leap, publish, system_clock, status, log',
    ],
    [`${GOOD}[[sources]]`, '5: sources: unknown key; did you mean "source"?'],
    [`${GOOD}"odd\\nkey" = 1`, '5: local."odd\\nkey": unknown key; known here: stratum, orphan, uncertainty'],
    [`${GOOD}[server]\n[server.telnet]\nlisten = []`, `6: server.telnet: unknown key; known here: ${SERVER_KEYS}`],
    // keys
    [`${GOOD}[server]\n[server.nts]\nlisten = ["[::]:4460"]\nkey = "k"`, '6: server.nts.certificate: is missing'],
    [
      `${GOOD}[server]\nlisten = ["[::]:123"]\n[server.nts]\nlisten = []\ncertificate = "c"\nkey = "k"`,
      '8: server.nts.listen: names no address',
    ],
    [
      `${GOOD}[server.nts]\nlisten = ["[::]:4460"]\ncertificate = "c"\nkey = "k"`,
      '5: server.nts: needs [server] listen: keys without an NTP server to use them with',
    ],
    [
      `${GOOD}[server]\nlisten = ["[::]:123"]\n[server.roughtime]\nlisten = []`,
      '8: server.roughtime.listen: names no address',
    ],
    [
      `${GOOD}[server.roughtime]\nlisten = ["[::]:5319"]`,
      '5: server.roughtime: needs [server] listen: the clock is handed out with the NTP server',
    ],
    [
      `${GOOD}${ROUGHTIME}public = ["time.example.org"]`,
      '9: server.roughtime.public[0]: must be a name or an IP address and a port, such as "time.example.org:5319"',
    ],
    [`${GOOD}${ROUGHTIME}public = ["a:1", "b:1", "a:1"]`, '9: server.roughtime.public[2]: repeats public[0]'],
    [
      `${GOOD}${ROUGHTIME}public = ["a:1", "b:1", "c:1", "d:1", "e:1"]`,
      '9: server.roughtime.public: names more than 4 addresses',
    ],
    [
      `${GOOD}${ROUGHTIME}public = "a:1"`,
      '9: server.roughtime.public: must be a list such as ["time.example.org:5319"]',
    ],
    // where edges ask
    [`${GOOD}${PUBLISH}pull_url = "http://gw-1.example.org"`, `7: publish[0].pull_url: ${PULL_URL_RULE}`],
    [`${GOOD}${PUBLISH}pull_url = "https://gw-1.example.org/pull"`, `7: publish[0].pull_url: ${PULL_URL_RULE}`],
    [`${GOOD}${PUBLISH}pull_url = "https://me@gw-1.example.org"`, `7: publish[0].pull_url: ${PULL_URL_RULE}`],
    [`${GOOD}${PUBLISH}pull_url = 8123`, `7: publish[0].pull_url: ${PULL_URL_RULE}`],
    [
      `${GOOD}${PUBLISH}pull_url = "https://gw-1.example.org"`,
      '7: publish[0].pull_url: needs [server.pull] listen: nobody would answer there',
    ],
    [
      `${GOOD}${PUBLISH}[server]\nlisten = ["[::]:123"]\n[server.pull]\nlisten = ["127.0.0.1:8123"]`,
      '9: server.pull: no [[publish]] has a pull_url: no edge would know where to ask',
    ],
    [
      `${GOOD}${PUBLISH}pull_url = "https://gw-1.example.org"\n[server.pull]\nlisten = ["127.0.0.1:8123"]`,
      '8: server.pull: needs [server] listen: the clock is handed out with the NTP server',
    ],
    [
      `${GOOD}${PUBLISH}pull_url = "https://gw-1.example.org"\n[server]\nlisten = ["[::]:123"]\n[server.pull]\nlisten = []`,
      '11: server.pull.listen: names no address',
    ],
    [`${GOOD}keys = 1`, '5: local.keys: unknown key; known here: stratum, orphan, uncertainty'],
    // the log
    [`${GOOD}[log]\nformat = "xml"`, '6: log.format: must be "auto", "json" or "text"'],
    [`${GOOD}[log]\nmax_size = "10mb"`, '6: log.max_size: must be a size from "1kB" to "100GB"'],
    [`${GOOD}[log]\nmax_size = 10`, '6: log.max_size: must be a size from "1kB" to "100GB"'],
    [`${GOOD}[log]\nmax_size = "999B"`, '6: log.max_size: must be a size from "1kB" to "100GB"'],
    [`${GOOD}[log]\nkeep = 0`, '6: log.keep: must be a whole number from 1 to 1000'],
    [
      `${GOOD}[log]\nmeasurements = "a"\ntracking = "a"`,
      '7: log.tracking: is the file of the measurements: it needs one of its own',
    ],
    [`${GOOD}[[keys]]\nid = 1`, '5: keys: must be a table'],
    [`${GOOD}[keys]\n0 = { algorithm = "md5", secret_file = "f" }`, `6: keys.0: ${KEY_ID}`],
    [`${GOOD}[keys]\n4294967296 = { algorithm = "md5", secret_file = "f" }`, `6: keys.4294967296: ${KEY_ID}`],
    [`${GOOD}[keys]\n07 = { algorithm = "md5", secret_file = "f" }`, `6: keys.07: ${KEY_ID}`],
    [`${GOOD}[keys]\nlan = { algorithm = "md5", secret_file = "f" }`, `6: keys.lan: ${KEY_ID}`],
    [`${GOOD}[keys]\n7 = { algorithm = "sha1" }`, '6: keys.7.secret_file: is missing'],
    [
      `${GOOD}[keys]\n7 = { algorithm = "sha3", secret_file = "f" }`,
      '6: keys.7.algorithm: must be one of "aes-128-cmac", "aes-256-cmac", "sha256", "sha1", "md5"',
    ],
    [`${GOOD}[[source]]\naddress = "a"\nkey = 7`, '7: source[0].key: is none of [keys]'],
    [`${GOOD}[[source]]\naddress = "a"\nkey = 0`, '7: source[0].key: must be a whole number from 1 to 4294967295'],
    [
      `${GOOD}[[source]]\naddress = "a"\nnts = true\nkey = 7\n[keys]\n7 = { algorithm = "sha1", secret_file = "f" }`,
      '8: source[0].key: stands beside nts: a source authenticates itself in one way',
    ],
    [`${GOOD}[[source]]\naddress = "a"\nnts_port = 4460`, '7: source[0].nts_port: is for a source with nts = true'],
    [`${GOOD}[[source]]\naddress = "a"\nnts_ca = "ca.pem"`, '7: source[0].nts_ca: is for a source with nts = true'],
    [`${GOOD}[server]\nthreads = 0`, '6: server.threads: must be "auto" or a whole number from 1 to 64'],
    [`${GOOD}[server]\nthreads = "all"`, '6: server.threads: must be "auto" or a whole number from 1 to 64'],
    [`${GOOD}[server]\nallow = "10.0.0.0/8"`, '6: server.allow: must be a list such as ["10.0.0.0/8", "fd00::/8"]'],
    [`${GOOD}[server]\ndeny = ["10.0.0.1/8"]`, `6: server.deny[0]: ${NETWORK}`],
    [`${GOOD}[server]\ndeny = ["::/0",\n"::/0"]`, '7: server.deny[1]: repeats deny[0]'],
    [`${GOOD}[server]\nallow = ["::1"]\ndeny = ["fd00::/8", "::1/128"]`, '7: server.deny[1]: stands in allow too'],
    [
      `${GOOD}[server]\nrate_limit = { interval = 2 }`,
      '6: server.rate_limit.interval: must be a length of time from "1ms" to "1h"',
    ],
    [`${GOOD}[server]\nrate_limit.burst = 256`, '6: server.rate_limit.burst: must be a whole number from 1 to 255'],
    [`${GOOD}[server]\nrate_limit.exempt = ["a"]`, `6: server.rate_limit.exempt[0]: ${NETWORK}`],
    [`${GOOD}[server]\nsmear = true`, '6: server.smear: must be "off" or "24h"'],
    [
      `${GOOD}[server]\nsmear = "24h"`,
      '6: server.smear: needs [leap] file: half a day before and after a leap second no server announces it',
    ],
    [`${GOOD}[[source]]\naddress = "a"\nmin_pol = 3`, '7: source[0].min_pol: unknown key; did you mean "min_poll"?'],
    // sources
    [GATEWAY, '1: needs a [[source]], or [local] to speak of the clock of this host'],
    [`source = []\n${GATEWAY}`, '1: needs a [[source]], or [local] to speak of the clock of this host'],
    [`${GOOD}[source]\naddress = "a"`, '5: source: must be written [[source]]'],
    [`source = [\n{ address = "a" },\n7 ]\n${GOOD}`, '3: source[1]: must be a table'],
    [`${GOOD}[[source]]`, '5: source[0]: needs one of address, pool, https, sock, shm'],
    [`${GOOD}[[source]]\naddress = "a"\npool = "b"`, '5: source[0]: needs one of address, pool, https, sock, shm'],
    [`${GOOD}[[source]]\naddress = "a:123"`, `6: source[0].address: ${HOST}`],
    [`${GOOD}[[source]]\naddress = ["a"]`, `6: source[0].address: ${HOST}`],
    [`${GOOD}[[source]]\npool = "192.0.2"`, `6: source[0].pool: ${HOST}`],
    [`${GOOD}[[source]]\naddress = "a"\nport = 0`, '7: source[0].port: must be a whole number from 1 to 65535'],
    [`${GOOD}[[source]]\naddress = "a"\nport = "123"`, '7: source[0].port: must be a whole number from 1 to 65535'],
    [`${GOOD}[[source]]\npool = "a"\nmax_sources = 0`, '7: source[0].max_sources: must be a whole number from 1 to 16'],
    [
      `${GOOD}[[source]]\naddress = "a"\nmax_sources = 2`,
      '7: source[0].max_sources: is for a pool; an address is one source',
    ],
    [`${GOOD}[[source]]\naddress = "a"\nmin_poll = -5`, `7: source[0].min_poll: ${POLL}`],
    [`${GOOD}[[source]]\naddress = "a"\nburst = 4`, '7: source[0].burst: must be true or false'],
    [`${GOOD}[[source]]\naddress = "a"\ninterleaved = "yes"`, '7: source[0].interleaved: must be true or false'],
    [`${GOOD}[[source]]\naddress = "a"\nmin_poll = 6.5`, `7: source[0].min_poll: ${POLL}`],
    [`${GOOD}[[source]]\naddress = "a"\nmax_poll = 18`, `7: source[0].max_poll: ${POLL}`],
    [
      `${GOOD}[[source]]\naddress = "a"\n[[source]]\naddress = "b"\nmax_poll = 7\nmin_poll = 8`,
      '10: source[1].min_poll: must not be above max_poll (6 and 10 where they are not written)',
    ],
    [
      `${GOOD}[[source]]\naddress = "a"\nmax_poll = 5`,
      '5: source[0].min_poll: must not be above max_poll (6 and 10 where they are not written)',
    ],
    [`${GOOD}[[source]]\naddress = "a"\n[[source]]\naddress = "A"`, '7: source[1]: repeats source[0]'],
    [`${GOOD}[[source]]\naddress = "a"\n[[source]]\npool = "a"`, '7: source[1]: repeats source[0]'],
    // reference clocks
    [`${GOOD}[[source]]\nsock = "/s"`, '5: source[0].uncertainty: is missing'],
    [`${GOOD}[[source]]\nsock = "/s"\nuncertainty = 1`, `7: source[0].uncertainty: ${UNCERTAINTY}`],
    [`${GOOD}[[source]]\nsock = "/s"\nuncertainty = "1.1s"`, `7: source[0].uncertainty: ${UNCERTAINTY}`],
    [`${GOOD}[[source]]\nsock = "/s"\nuncertainty = "0ns"`, `7: source[0].uncertainty: ${UNCERTAINTY}`],
    [`${GOOD}[[source]]\nuncertainty = "1ms"\nsock = "gps.sock"`, `7: source[0].sock: ${SOCK}`],
    [`${GOOD}[[source]]\nuncertainty = "1ms"\nsock = "/run/"`, `7: source[0].sock: ${SOCK}`],
    [`${GOOD}[[source]]\nuncertainty = "1ms"\nsock = "/${'é'.repeat(54)}"`, `7: source[0].sock: ${SOCK}`],
    [`${GOOD}[[source]]\nuncertainty = "1ms"\nshm = 256`, '7: source[0].shm: must be a whole number from 0 to 255'],
    [`${GOOD}[[source]]\nuncertainty = "1ms"\nshm = "0"`, '7: source[0].shm: must be a whole number from 0 to 255'],
    [`${GOOD}${SHM}sock = "/s"`, '5: source[0]: needs either sock or shm'],
    [`${GOOD}${SHM}reference_id = "gps"`, `8: source[0].reference_id: ${REFERENCE_ID}`],
    [`${GOOD}${SHM}reference_id = "GPSES"`, `8: source[0].reference_id: ${REFERENCE_ID}`],
    [`${GOOD}${SHM}reference_id = ""`, `8: source[0].reference_id: ${REFERENCE_ID}`],
    [`${GOOD}${SHM}offset = "11s"`, `8: source[0].offset: ${OFFSET}`],
    [`${GOOD}${SHM}offset = -0.1`, `8: source[0].offset: ${OFFSET}`],
    [`${GOOD}${SHM}address = "a"`, `8: source[0].address: ${NO_SERVER}`],
    [`${GOOD}${SHM}max_sources = 1`, `8: source[0].max_sources: ${NO_SERVER}`],
    [`${GOOD}${SHM}port = 123`, `8: source[0].port: ${NO_SERVER}`],
    [`${GOOD}${SHM}min_poll = 6`, `8: source[0].min_poll: ${NO_SERVER}`],
    [
      `${GOOD}[[source]]\naddress = "a"\noffset = "1ms"`,
      `7: source[0].offset: unknown key; known here: ${SOURCE_KEYS}`,
    ],
    [`${GOOD}${SHM}${SHM}`, '8: source[1]: repeats source[0]'],
    // edges to ask
    [`${GOOD}[[source]]\nhttps = "${EDGE}"`, GATEWAY_KEY_MISSING],
    [`${GOOD}[[source]]\nhttps = "${EDGE}"\ngateway_key = "gw-1"`, `7: source[0].gateway_key: must be ${EDGE_KEY_ID}`],
    [`${GOOD}${EDGE_SOURCE.replace('https:', 'http:')}`, `6: source[0].https: ${EDGE_RULE}`],
    [`${GOOD}${EDGE_SOURCE.replace('.org', '.org/time')}`, `6: source[0].https: ${EDGE_RULE}`],
    [`${GOOD}${EDGE_SOURCE}port = 443`, `8: source[0].port: ${NO_ADDRESS}`],
    [`${GOOD}${EDGE_SOURCE}nts = true`, `8: source[0].nts: ${NO_ADDRESS}`],
    [`${GOOD}${EDGE_SOURCE}min_poll = -5`, `8: source[0].min_poll: ${POLL}`],
    [
      `${GOOD}${EDGE_SOURCE}min_poll = 7`,
      '8: source[0].min_poll: must not be above max_poll (4 and 6 where they are not written)',
    ],
    [`${GOOD}${EDGE_SOURCE}${EDGE_SOURCE.replace('.org', '.ORG:443/')}`, '8: source[1]: repeats source[0]'],
    [
      `${GOOD}${PUBLISH}${EDGE_SOURCE}`,
      '8: source[0].https: is where a [[publish]] goes: this gateway would be told its own time',
    ],
    [
      `${GOOD}${EDGE_SOURCE}[server]\nlisten = ["[::]:123"]\n[server.pull]\nlisten = ["127.0.0.1:9"]\n[[publish]]\nurl = "https://a"\npull_url = "https://b"`,
      '10: server.pull: cannot be beside a [[source]] with https: what is answered there does not say whom its time came through',
    ],
    // the server
    [`${GOOD}[server]\nlisten = "0.0.0.0:123"`, '6: server.listen: must be a list such as ["0.0.0.0:123", "[::]:123"]'],
    [`${GOOD}[server]\nlisten = [\n  "0.0.0.0:123",\n  "a:1" ]`, `8: server.listen[1]: ${ENDPOINT}`],
    [`${GOOD}[server]\nlisten = ["[::]:1",\n"[::]:1"]`, '7: server.listen[1]: repeats listen[0]'],
    // the host's clock
    [`${GOOD}stratum = 0`, '5: local.stratum: must be a whole number from 1 to 15'],
    [`${GOOD}stratum = 16`, '5: local.stratum: must be a whole number from 1 to 15'],
    [`${GOOD}uncertainty = "0s"`, '5: local.uncertainty: must be a length of time from "1ns" to "1h"'],
    [`${GOOD}uncertainty = 1`, '5: local.uncertainty: must be a length of time from "1ns" to "1h"'],
    // leap seconds
    [`${GOOD}[leap]`, '5: leap.file: is missing'],
    [`${GOOD}[leap]\nfile = ""`, '6: leap.file: must be the path of a leap-seconds.list'],
    // edges
    [`${GOOD}[publish]\nurl = "https://a"`, '5: publish: must be written [[publish]]'],
    [`${GOOD}[[publish]]`, '5: publish[0].url: is missing'],
    [`${GOOD}[[publish]]\nurl = "https://a/time"`, `6: publish[0].url: ${URL_RULE}`],
    [`${GOOD}[[publish]]\nurl = "ftp://a"`, `6: publish[0].url: ${URL_RULE}`],
    [
      `${GOOD}[[publish]]\nurl = "https://a"\ninterval = "999ms"`,
      '7: publish[0].interval: must be a length of time from "1s" to "1h"',
    ],
    [
      `${GOOD}[[publish]]\nurl = "https://a"\ninterval = "61m"`,
      '7: publish[0].interval: must be a length of time from "1s" to "1h"',
    ],
    [`${GOOD}[[publish]]\nurl = "https://a"\n[[publish]]\nurl = "https://A:443/"`, '7: publish[1]: repeats publish[0]'],
    // the status page
    [`${GOOD}[status]\nnames = "gw-1"`, '6: status.names: must be a list of names'],
    [`${GOOD}[status]\nnames = ["gw-1:9123"]`, `6: status.names[0]: ${HOST}`],
    [`${GOOD}[status]\nlisten = 9123`, `6: status.listen: ${ENDPOINT}`],
    // TOML itself
    [`${GOOD}stratum = `, '5: not TOML: invalid value'],
    [`${GOOD}[local]`, '5: not TOML: trying to redefine an already defined table or value'],
    [`${GOOD}__proto__ = 1`, '5: not TOML: document contains an unsafe property'],
    [`${GOOD}x = ${'['.repeat(100)}`, '5: not TOML: document contains excessively nested structures. aborting.'],
  ])('%j: %s', (text, fault) => {
    expect(faultsOf(text)).toEqual([`f.toml:${fault}`]);
  });

  it('is all that a file of more than 1 MB is', () => {
    expect(faultsOf(GOOD + '#'.repeat(1_000_000 - GOOD.length))).toEqual([]);
    expect(faultsOf(GOOD + '#'.repeat(1_000_001 - GOOD.length))).toEqual(['f.toml:1: is larger than 1 MB']);
  });

  it('is an unknown key a thousand times, and then how many more', () => {
    const unknown = (many: number) => faultsOf(GOOD + Array.from({ length: many }, (_, i) => `x${i} = 1\n`).join(''));
    const known = 'unknown key; known here: stratum, orphan, uncertainty';
    const [all, most] = [unknown(1_000), unknown(1_001)];
    expect([all.length, most.length]).toEqual([1_000, 1_000]);
    expect(all.at(-1)).toBe(`f.toml:1004: local.x999: ${known}`);
    expect(most.at(-1)).toBe(`f.toml:1004: local.x999: ${known}; and 1 more`);
  });

  it('does not hide another', () => {
    const text = `[gatewy]
[[source]]
address = "a:1"
port = -1
min_pol = 1
[[source]]
address = "b"
[[source]]
address = "b"
max_poll = 5
[server]
listen = ["a", "b"]
`;
    expect(faultsOf(text)).toEqual([
      'f.toml:1: gateway: is missing',
      'f.toml:1: gatewy: unknown key; did you mean "gateway"?',
      `f.toml:3: source[0].address: ${HOST}`,
      'f.toml:4: source[0].port: must be a whole number from 1 to 65535',
      'f.toml:5: source[0].min_pol: unknown key; did you mean "min_poll"?',
      'f.toml:8: source[2].min_poll: must not be above max_poll (6 and 10 where they are not written)',
      'f.toml:8: source[2]: repeats source[1]',
      `f.toml:12: server.listen[0]: ${ENDPOINT}`,
      `f.toml:12: server.listen[1]: ${ENDPOINT}`,
    ]);
  });
});

describe('any text at all', () => {
  const piece = fc.oneof(
    fc.constantFrom(...'[ ] [[ ]] { } = , . " \' """ \'\'\' # \n \r\n \\'.split(' '), '\n', ' '),
    fc.constantFrom('gateway', 'id', 'source', 'address', 'server', 'listen', 'publish', 'url', 'local', '__proto__'),
    fc.constantFrom('"16s"', '"a"', '1', '-4', '1.5', 'inf', 'true', '2026-11-22 08:30:00', '[]', '{}'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  const pieces = fc.array(piece, { maxLength: 40 }).map((all) => all.join(''));
  const line = fc.tuple(pieces, piece).map(([key, value]) => `${key} = ${value}\n`);
  const lines = fc.array(fc.oneof(line, fc.constantFrom('[local]\n', '[[source]]\n', '[gateway]\n', '[server]\n')));
  const anything = fc.oneof(
    pieces,
    lines.map((all) => all.join('')),
    pieces.map((all) => GOOD + all),
  );

  it('gives a configuration or faults on its own lines, and never throws', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parseConfig(text, 'f.toml');
        if (parsed.ok) return;
        expect(parsed.faults).not.toEqual([]);
        const last = text.split('\n').length;
        for (const { line, message } of parsed.faults) {
          expect(message).not.toBe('');
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(last);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
