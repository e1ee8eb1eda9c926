/** examples/token.sh, where Keystone and the hosts of a cloud disagree about the time. */
import { beforeAll, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.ts';
import { startToldEdge } from '../support/noonmark.ts';
import { findLibfaketime } from '../support/peers.ts';
import { pretendHosts } from '../support/pretended-hosts.ts';
import { readmeBlock, shapeOf } from '../support/readme-block.ts';
import { hasCryptography } from '../support/roughtime-elsewhere.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';

const keep = stopAfterAll();

/** What it prints is what Keystone has just made, by a clock that is ahead by so many seconds. */
const openstack = (ahead: number): string => `
[ "$*" = 'token issue -f json' ] || exit 2
exec python3 -c '
import datetime, json, time
from cryptography.fernet import Fernet
now = int(time.time()) + ${ahead}
token = Fernet(Fernet.generate_key()).encrypt_at_time(bytes(80), now).rstrip(b"=").decode()
expires = datetime.datetime.fromtimestamp(now + 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S%z")
print(json.dumps({"expires": expires, "id": token, "project_id": "a6944d763bf64ee6a275f1263fae0352", "user_id": "ee4d"}))
'`;

describe.skipIf(!findLibfaketime() || !hasCryptography)('examples/token.sh', () => {
  let url: string;
  beforeAll(async () => {
    url = (await keep(startToldEdge(0))).url;
  });

  const run = async (keystoneAhead: number, clocks: Readonly<Record<string, string>>) => {
    const env = { NOONMARK_URL: url, ...pretendHosts(clocks, { openstack: openstack(keystoneAhead) }) };
    const { code, stdout, stderr } = await runChild('sh', ['examples/token.sh', ...Object.keys(clocks)], { env });
    expect(stderr).toBe('');
    expect(stdout).not.toMatch(/gAAAA/);
    const [here, ...hosts] = stdout.split('\n\n');
    return { code, stdout, here, hosts };
  };

  it('finds the one host that takes a good token for one of the future', async () => {
    const { code, stdout, here, hosts } = await run(0, { 'api-1': '', 'api-2': '-3m' });
    expect(shapeOf(stdout.trimEnd())).toBe(shapeOf(readmeBlock('docs/openstack.md', 'token')));
    expect(here).toMatch(/^true time .*: valid\nthis host .*: valid$/m);
    expect(hosts).toEqual([
      expect.stringMatching(/^api-1\n.*: valid\nthis host [^\n]*: valid$/s),
      expect.stringMatching(
        /^api-2\n.*: valid\nthis host [^\n]*: not yet valid\nThis host’s clock is (3 min 0|2 min 59)\.\d+ s slow ± /s,
      ),
    ]);
    expect(code).toBe(0);
  });

  it('finds Keystone’s own clock fast, also by way of a host that is as fast', async () => {
    const { code, here, hosts } = await run(300, { 'api-1': '+301s' });
    expect(here).toMatch(/^The issuer’s clock was fast by at least [\d.]+ (min|s)\.$/m);
    expect(hosts[0]).toMatch(
      /: not yet valid\nthis host .*: valid\nThe issuer’s clock was fast .*\nThis host’s clock is 5 min [01]\.\d+ s fast/,
    );
    expect(code).toBe(1);
  });
});
