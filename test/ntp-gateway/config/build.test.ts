import { describe, expect, it } from 'vitest';
import { faultText, parseConfig } from '../../../ntp-gateway/config/parse.ts';

const GATEWAY = '[gateway]\nid = "gw-1"\nstate_dir = "state"\n';
const SHM = '[[source]]\nshm = 0\nuncertainty = "1s"\n';
const EDGE = 'https://time.example.org';
const EDGE_KEY = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
const EDGE_SOURCE = `[[source]]\nhttps = "${EDGE}"\ngateway_key = "${EDGE_KEY}"\n`;

const faultsOf = (text: string): string[] => {
  const parsed = parseConfig(text, 'f.toml');
  return parsed.ok ? [] : parsed.faults.map(faultText);
};

const NOTHING_SERVED = { listen: [], threads: 'auto', allow: [], deny: [], smear: false };
const PLAIN = { burst: false, interleaved: false, prefer: false, trust: false, noselect: false, smears: false };

describe('a configuration', () => {
  it.each([
    ['', undefined],
    ['[system_clock]', undefined],
    ['[system_clock]\ndiscipline = "off"', undefined],
    ['[system_clock]\ndiscipline = "slew"', 'slew'],
    ['[system_clock]\ndiscipline = "step-and-slew"', 'step-and-slew'],
  ])('lets the host’s clock be unless it is asked: %j', (text, systemClock) => {
    const parsed = parseConfig(`${GATEWAY}[local]\n${text}`, 'f.toml');
    expect(parsed.ok && parsed.config.systemClock).toBe(systemClock);
  });

  it('holds what was written', () => {
    const text = `
[gateway]
id = "gw-1"
state_dir = "/var/lib/noonmark"
max_drift = "50ppm"
min_sources = 3
require_nts = true
[[source]]
address = "time.example.org"
port = 11123
min_poll = -2
max_poll = 17
burst = true
interleaved = true
prefer = true
trust = true
noselect = true
max_asymmetry = "2ms"
smears = true
key = 7
[[source]]
pool = "pool.example.org"
max_sources = 3
nts = true
nts_port = 4461
nts_ca = "/etc/ssl/ours.pem"
[[source]]
address = "fe80::1%eth0"
nts = true
[[source]]
sock = "/run/noonmark.gps.sock"
reference_id = "GPS"
uncertainty = "1ms"
offset = "-120ms"
trust = true
[server]
listen = ["0.0.0.0:123", "[::]:123"]
threads = 2
allow = ["10.0.0.0/8", "::ffff:192.0.2.0/120", "fd00::/8"]
deny = ["10.9.9.9"]
rate_limit = { interval = "500ms", burst = 4, exempt = ["10.1.0.0/16"] }
smear = "24h"
[server.nts]
listen = ["[::]:4460"]
certificate = "/etc/noonmark/cert.pem"
key = "/etc/noonmark/key.pem"
[server.roughtime]
listen = ["0.0.0.0:5319", "[::]:5319"]
public = ["time.example.org:5319", "[2001:db8::1]:5319"]
[server.pull]
listen = ["127.0.0.1:8123"]
[keys]
7 = { algorithm = "aes-128-cmac", secret_file = "/etc/noonmark/key7" }
4294967295 = { algorithm = "md5", secret_file = "old" }
[local]
orphan = true
stratum = 12
uncertainty = "250ms"
[leap]
file = "/usr/share/zoneinfo/leap-seconds.list"
[[publish]]
url = "HTTPS://Time.Example.org:443/"
interval = "2m"
pull_url = "https://GW-1.example.org:443/"
[[publish]]
url = "http://127.0.0.1:8787"
pull_url = "http://127.0.0.1:8123"
[[publish]]
url = "https://time.example.com"
[status]
listen = "[::1]:9124"
names = ["gw-1.example.org"]
[log]
format = "json"
measurements = "/var/log/measurements.log"
tracking = "tracking.log"
max_size = "1.5kB"
keep = 12
`;
    expect(parseConfig(text, 'f.toml')).toEqual({
      ok: true,
      config: {
        id: 'gw-1',
        stateDir: '/var/lib/noonmark',
        maxDrift: 5e-5,
        minSources: 3,
        requireNts: true,
        keys: [
          { id: 7, algorithm: 'aes-128-cmac', secretFile: '/etc/noonmark/key7' },
          { id: 4_294_967_295, algorithm: 'md5', secretFile: 'old' },
        ],
        sources: [
          {
            name: 'time.example.org',
            kind: 'address',
            host: 'time.example.org',
            port: 11123,
            maxSources: 1,
            minPoll: -2,
            maxPoll: 17,
            burst: true,
            interleaved: true,
            prefer: true,
            trust: true,
            noselect: true,
            smears: true,
            maxAsymmetry: 2e6,
            key: 7,
          },
          {
            name: 'pool.example.org',
            kind: 'pool',
            host: 'pool.example.org',
            port: 123,
            maxSources: 3,
            minPoll: 6,
            maxPoll: 10,
            ...PLAIN,
            nts: { port: 4461, ca: '/etc/ssl/ours.pem' },
          },
          {
            name: 'fe80::1%eth0',
            kind: 'address',
            host: 'fe80::1%eth0',
            port: 123,
            maxSources: 1,
            minPoll: 6,
            maxPoll: 10,
            ...PLAIN,
            nts: { port: 4460 },
          },
        ],
        referenceClocks: [
          {
            name: '/run/noonmark.gps.sock',
            driver: 'sock',
            path: '/run/noonmark.gps.sock',
            referenceId: 0x47505300,
            uncertainty: 1e6,
            offset: -120e6,
            prefer: false,
            trust: true,
            noselect: false,
          },
        ],
        server: {
          listen: [
            { host: '0.0.0.0', port: 123 },
            { host: '::', port: 123 },
          ],
          threads: 2,
          allow: [
            { family: 4, words: [0x0a000000], length: 8 },
            { family: 4, words: [0xc0000200 | 0], length: 24 },
            { family: 6, words: [0xfd000000 | 0, 0, 0, 0], length: 8 },
          ],
          deny: [{ family: 4, words: [0x0a090909], length: 32 }],
          rateLimit: { interval: 500e6, burst: 4, exempt: [{ family: 4, words: [0x0a010000], length: 16 }] },
          smear: true,
          nts: {
            listen: [{ host: '::', port: 4460 }],
            certificate: '/etc/noonmark/cert.pem',
            key: '/etc/noonmark/key.pem',
          },
          roughtime: {
            listen: [
              { host: '0.0.0.0', port: 5319 },
              { host: '::', port: 5319 },
            ],
            publicAddresses: ['time.example.org:5319', '[2001:db8::1]:5319'],
          },
          pull: { listen: [{ host: '127.0.0.1', port: 8123 }] },
        },
        local: { stratum: 12, uncertainty: 250e6, orphan: true },
        leapFile: '/usr/share/zoneinfo/leap-seconds.list',
        publish: [
          { origin: 'https://time.example.org', interval: 120e9, pullUrl: 'https://gw-1.example.org' },
          { origin: 'http://127.0.0.1:8787', interval: 16e9, pullUrl: 'http://127.0.0.1:8123' },
          { origin: 'https://time.example.com', interval: 16e9 },
        ],
        status: { host: '::1', port: 9124, names: ['gw-1.example.org'] },
        log: {
          format: 'json',
          measurements: '/var/log/measurements.log',
          tracking: 'tracking.log',
          maxSize: 1_500,
          keep: 12,
        },
      },
    });
  });

  it('has defaults for all else', () => {
    const pool = '[[source]]\npool = "pool.example.org"\n';
    const source = { name: 'pool.example.org', kind: 'pool', host: 'pool.example.org', port: 123 };
    expect(parseConfig(`${GATEWAY}${pool}`, 'f.toml')).toEqual({
      ok: true,
      config: {
        id: 'gw-1',
        stateDir: 'state',
        maxDrift: 5e-4,
        minSources: 1,
        sources: [{ ...source, maxSources: 4, minPoll: 6, maxPoll: 10, ...PLAIN }],
        server: NOTHING_SERVED,
        publish: [],
      },
    });
    expect(parseConfig(`${GATEWAY}[local]\n[status]\n[log]\n[server]\nrate_limit = {}\n`, 'f.toml')).toMatchObject({
      config: {
        sources: [],
        server: { ...NOTHING_SERVED, rateLimit: { interval: 2e9, burst: 8, exempt: [] } },
        local: { stratum: 10, uncertainty: 1e9, orphan: false },
        status: { host: '127.0.0.1', port: 9123 },
        log: { format: 'auto', maxSize: 1e7, keep: 5 },
      },
    });
  });

  it('names a reference clock after its driver where nothing else is written', () => {
    const parsed = parseConfig(`${GATEWAY}${SHM}[[source]]\nsock = "/run/s"\nuncertainty = "2us"\n`, 'f.toml');
    expect(parsed).toMatchObject({
      config: {
        sources: [],
        referenceClocks: [
          { name: 'shm 0', driver: 'shm', unit: 0, referenceId: 0x53484d00, uncertainty: 1e9, offset: 0 },
          { name: '/run/s', driver: 'sock', path: '/run/s', referenceId: 0x534f434b, uncertainty: 2e3, offset: 0 },
        ],
      },
    });
  });

  it('may have its time from edges over HTTPS, each vouched for by a gateway', () => {
    const far = `[[source]]\nhttps = "http://localhost:8787/"\ngateway_key = "${EDGE_KEY}"\n`;
    const options = 'min_poll = 2\nmax_poll = 10\nprefer = true\n';
    const parsed = parseConfig(`${GATEWAY}${EDGE_SOURCE}${far}${options}`, 'f.toml');
    const plain = { gatewayKey: EDGE_KEY, prefer: false, trust: false, noselect: false };
    expect(parsed).toMatchObject({
      config: {
        sources: [],
        httpsSources: [
          { name: EDGE, ...plain, referenceId: 0xaea3b3e3, minPoll: 4, maxPoll: 6 },
          { name: 'http://localhost:8787', ...plain, minPoll: 2, maxPoll: 10, prefer: true },
        ],
      },
    });
    expect(faultsOf(`${GATEWAY.replace('\n', '\nrequire_nts = true\n')}${EDGE_SOURCE}`)).toEqual([]);
  });

  it('may ask one host on several ports', () => {
    const sources = [1, 2].map((port) => `[[source]]\naddress = "127.0.0.1"\nport = ${port}\n`);
    expect(faultsOf(GATEWAY + sources.join(''))).toEqual([]);
  });
});
