import { describe, expect, it } from 'vitest';
import { configIn, needsRestart, override, takeUp } from '../../../ntp-gateway/main/configuration.ts';

const FILE = { config: 'noonmark.toml', publish: [] };
const RUNNING = `
[gateway]
id = "gw-1"
state_dir = "/var/lib/one"
[[source]]
address = "192.0.2.1"
[server]
listen = ["127.0.0.1:123"]
[server.nts]
listen = ["127.0.0.1:4460"]
certificate = "one.crt"
key = "one.key"
[server.roughtime]
listen = ["127.0.0.1:5319"]
[server.pull]
listen = ["127.0.0.1:8123"]
[[publish]]
url = "https://time.example.org"
pull_url = "https://gw-1.example.org"
[status]
listen = "127.0.0.1:9123"
[log]
measurements = "measurements.log"
`;
const running = configIn(RUNNING, FILE);
const written = (from: string, to: string) => {
  expect(RUNNING).toContain(from);
  return configIn(RUNNING.replace(from, to), FILE);
};

describe('what is written while a gateway runs', () => {
  it('as it runs needs no restart, and is taken up as it is', () => {
    const same = configIn(RUNNING, FILE);
    expect(needsRestart(same, running)).toEqual([]);
    expect(takeUp(same, running)).toEqual(running);
  });

  it.each([
    ['gateway.id', 'gw-1', 'gw-2'],
    ['gateway.state_dir', '/var/lib/one', '/var/lib/two'],
    ['server.listen', '["127.0.0.1:123"]', '["127.0.0.1:123", "[::1]:123"]'],
    ['server.threads', '[server]\n', '[server]\nthreads = 3\n'],
    ['server.nts.listen', '127.0.0.1:4460', '127.0.0.2:4460'],
    ['server.roughtime.listen', '127.0.0.1:5319', '127.0.0.2:5319'],
    ['server.pull.listen', '127.0.0.1:8123', '127.0.0.2:8123'],
    ['status.listen', '[status]\nlisten = "127.0.0.1:9123"\n', ''],
    ['status.listen', '127.0.0.1:9123', '127.0.0.1:9124'],
    ['status.names', '[status]\n', '[status]\nnames = ["gw-1.example.org"]\n'],
    ['log.measurements', '"measurements.log"', '"others.log"'],
    ['log.tracking', '[log]\n', '[log]\ntracking = "tracking.log"\n'],
    ['log.max_size', '[log]\n', '[log]\nmax_size = "1MB"\n'],
    ['log.keep', '[log]\n', '[log]\nkeep = 1\n'],
    ['server.roughtime.listen', '[server.roughtime]\nlisten = ["127.0.0.1:5319"]\n', ''],
  ])('names %s, which stays as it is', (key, from, to) => {
    expect(needsRestart(written(from, to), running)).toEqual([key]);
    expect(takeUp(written(from, to), running)).toEqual(running);
  });

  it('is taken up in all else', () => {
    const changed = RUNNING.replaceAll('one.', 'two.')
      .replace('[server]\n', '[server]\ndeny = ["10.0.0.0/8"]\nthreads = 3\nsmear = "24h"\n')
      .replace('192.0.2.1', '192.0.2.2')
      .replace('[server.pull]', 'public = ["ntp.example.org:5319"]\n[server.pull]')

      .replace('[log]', '[log]\nformat = "text"')
      .concat('[leap]\nfile = "leap-seconds.list"\n[local]\n');
    const next = configIn(changed, FILE);
    expect(needsRestart(next, running)).toEqual(['server.threads']);
    expect(takeUp(next, running)).toEqual({ ...next, server: { ...next.server, threads: 'auto' } });
  });

  it('keeps measurements in no file that was not named at the start', () => {
    const [silent = ''] = RUNNING.split('[log]');
    const without = configIn(silent, FILE);
    expect(needsRestart(running, without)).toEqual(['log.measurements', 'log.max_size', 'log.keep']);
    expect(takeUp(running, without).log).toEqual({ format: 'auto', maxSize: 1e7, keep: 5 });
    expect(takeUp(without, running)).toEqual(running);
    expect(needsRestart(configIn(`${silent}[log]\nformat = "json"`, FILE), without)).toEqual([]);
  });

  it('sends no edge to where nobody listens yet', () => {
    const [before, after] = RUNNING.split(/\[server\.pull\]\n.*\n/);
    const silent = configIn(`${before}${after}`.replace(/pull_url.*\n/, ''), FILE);
    expect(needsRestart(running, silent)).toEqual(['server.pull.listen']);
    expect(takeUp(running, silent).publish).toEqual(silent.publish);
  });
});

describe('the command line', () => {
  it('goes before the file, each time that it is read', () => {
    const options = { ...FILE, stateDir: '/tmp/state', ntpPort: 11_123, statusPort: 9_999 };
    const publish = ['https://time.example.org', 'http://127.0.0.1:8787'];
    const config = override(configIn(RUNNING, options), { ...options, publish });
    expect(config.stateDir).toBe('/tmp/state');
    expect(config.server.listen).toEqual([{ host: '127.0.0.1', port: 11_123 }]);
    expect(config.status).toEqual({ host: '127.0.0.1', port: 9_999 });
    // What the file says of an edge is more than its name.
    expect(config.publish).toEqual([running.publish[0], { origin: 'http://127.0.0.1:8787', interval: 16e9 }]);
  });
});
