import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { circlesIn, faultsOf } from './setup/architecture.ts';
import { ROOT } from './support/root.ts';

const sources = globSync('{contract,ntp-gateway,worker,client,native}/**/*.ts', { cwd: ROOT }).sort();
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('the architecture', () => {
  it('has sources to look at', () => {
    expect(sources).toContain('contract/time.ts');
    expect(sources).toContain('ntp-gateway/main.ts');
  });

  it.each(sources)('%s', (path) => {
    expect(faultsOf(path, textOf(path))).toEqual([]);
  });

  it('has no circles', () => {
    expect(circlesIn(new Map(sources.map((path) => [path, textOf(path)])))).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    ['contract/time.ts', "import * as v from 'valibot';"],
    ['ntp-gateway/wire/mac.ts', "import { ok } from '#contract/result.ts';"],
    ['ntp-gateway/discipline/clock.ts', "import type {\n  Reply,\n} from '../protocol/reply.ts';"],
    ['ntp-gateway/gateway.ts', "import { step } from './core.ts';"],
    ['ntp-gateway/gateway/actions.ts', "import type { Ports } from '../ports.ts';"],
    ['ntp-gateway/main.ts', "import { openUdp } from './io/udp.ts';"],
    [
      'ntp-gateway/status/page/page.ts',
      "import uPlot from 'uplot';\nimport type { Status } from '../status.ts'; fetch('/status');",
    ],
    ['ntp-gateway/main/run.ts', "import { startGateway } from '../gateway.ts';"],
    ['native/cryptography/nettle.ts', "import koffi from 'koffi';"],
    ['ntp-gateway/io/udp.ts', "import type { Ports } from '../ports.ts';\nimport { createSocket } from 'node:dgram';"],
    ['ntp-gateway/io/clocks.ts', "import { readClock } from '#native/clocks.ts';"],
    ['ntp-gateway/io/pages.ts', "import type { Server } from 'node:http';"],
    ['client/cli/feed.ts', "import { send } from '#native/unix-datagram.ts';"],
    ['contract/time.ts', '/** Date.now() of some machine */\nconst url = "https://a"; // setTimeout'],
    ['contract/time.ts', 'const d = new Date(0); const processed = 1; const update = myDate(1);'],
    ['worker/index.ts', 'const now = Date.now();'],
  ])('%s may say %j', (path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });

  it.each([
    ['contract/time.ts', "import { Hono } from 'hono';"],
    ['contract/time.ts', "import { createHash } from 'node:crypto';"],
    ['contract/time.ts', "import type { Clock } from '../ntp-gateway/discipline/clock.ts';"],
    ['ntp-gateway/wire/mac.ts', "import { respond } from '../protocol/responder.ts';"],
    ['ntp-gateway/wire/mac.ts', "import {\n  a,\n  b,\n} from '../protocol/responder.ts';"],
    ['ntp-gateway/protocol/poll.ts', "export * from '../discipline/clock.ts';"],
    ['ntp-gateway/protocol/poll.ts', "import '../discipline/clock.ts';"],
    ['ntp-gateway/protocol/poll.ts', "const later = await import('../discipline/clock.ts');"],
    ['ntp-gateway/discipline/clock.ts', "import { sample } from '../publish/sampler.ts';"],
    ['ntp-gateway/core.ts', "import type { Ports } from './ports.ts';"],
    ['ntp-gateway/gateway.ts', "import { openUdp } from './io/udp.ts';"],
    ['ntp-gateway/gateway.ts', "import { randomBytes } from 'node:crypto';"],
    ['ntp-gateway/gateway/actions.ts', "import { openUdp } from '../io/udp.ts';"],
    ['ntp-gateway/core/line.ts', "import { startGateway } from '../gateway.ts';"],
    ['ntp-gateway/config.ts', "import { step } from './core.ts';"],
    ['ntp-gateway/config/build.ts', "import { HEADER_SIZE } from '../wire/ntp-packet.ts';"],
    ['ntp-gateway/main/run.ts', "import { loadNettle } from '#native/cryptography/nettle.ts';"],
    ['native/cryptography/nettle.ts', "import { MAC_HEAD } from '../../ntp-gateway/wire/mac.ts';"],
    ['ntp-gateway/status/page.ts', "import { readFile } from 'node:fs/promises';"],
    ['ntp-gateway/status/page/page.ts', "import { readFile } from 'node:fs/promises';"],
    ['ntp-gateway/status/page/page.ts', "import { step } from '../../core.ts';"],
    ['ntp-gateway/status/status.ts', "import { show } from './page/view.ts';"],
    ['ntp-gateway/publish/publisher.ts', "import { createKeeper } from '../../worker/timekeeper.ts';"],
    ['ntp-gateway/io/udp.ts', "import { gateway } from '../gateway.ts';"],
    ['ntp-gateway/io/udp.ts', "import koffi from 'koffi';"],
    ['ntp-gateway/io/pages.ts', "import { createServer } from 'node:http';"],
    ['ntp-gateway/io/udp.ts', "import { main } from '../main.ts';"],
    ['ntp-gateway/main.ts', "import { readClock } from '#native/clocks.ts';"],
    ['worker/app.ts', "import { skew } from '../client/clock.ts';"],
    ['worker/app.ts', "import { readClock } from '#native/clocks.ts';"],
    ['client/clock.ts', "import { app } from '../worker/app.ts';"],
    ['client/clock.ts', "import { readClock } from '#native/clocks.ts';"],
    ['client/clock.ts', "import { readFile } from 'node:fs';"],
    ['native/clocks.ts', "import { step } from '../ntp-gateway/core.ts';"],
    ['elsewhere/x.ts', ''],
    ['contract/time.ts', 'const now = Date.now();'],
    ['ntp-gateway/wire/mac.ts', 'const now = new Date();'],
    ['ntp-gateway/wire/mac.ts', 'const now = Date();'],
    ['ntp-gateway/protocol/poll.ts', 'const dice = Math.random();'],
    ['ntp-gateway/protocol/poll.ts', 'crypto.getRandomValues(bytes);'],
    ['ntp-gateway/discipline/clock.ts', 'const now = performance.now();'],
    ['ntp-gateway/publish/sampler.ts', 'const { now } = performance;'],
    ['ntp-gateway/status/page.ts', 'const home = process.env.HOME;'],
    ['ntp-gateway/core.ts', 'setTimeout(() => {}, 1);'],
    ['ntp-gateway/gateway.ts', 'const answer = await fetch(url);'],
    ['worker/timekeeper.ts', 'const now = Date.now();'],
  ])('%s must not say %j', (path, text) => {
    expect(faultsOf(path, text)).toHaveLength(1);
  });

  it('finds a circle, and who hangs on it; types make none', () => {
    const texts = new Map([
      ['worker/a.ts', "import { b } from './b.ts';"],
      ['worker/b.ts', "import { c } from './routes/c.ts';"],
      ['worker/routes/c.ts', "import { a } from '../a.ts';"],
      ['worker/d.ts', "import { a } from './a.ts';"],
      ['worker/e.ts', "import { f } from './f.ts';"],
      ['worker/f.ts', "import type { E } from './e.ts';"],
    ]);
    expect(circlesIn(texts)).toEqual(['worker/a.ts', 'worker/b.ts', 'worker/routes/c.ts', 'worker/d.ts']);
  });
});
