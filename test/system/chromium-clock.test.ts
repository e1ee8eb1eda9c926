/** `/clock.js` in a real Chromium whose clock is five minutes slow: in a page of another origin, and in a module worker. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as ClockModule from '../../client/connect.ts';
import type { Reading } from '../../client/estimate.ts';
import { RFC8037 } from '../contract/example.ts';
import { hasChromium, startChromium, watchPage } from '../support/chromium.ts';
import { hasChronyd } from '../support/chronyd.ts';
import { startSigningEdge } from '../support/signing-edge.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';

const SLOW_MS = 300_000;

/** What a page of somebody else loads, and its worker. */
const html = (url: string): string => `<!doctype html><link rel="icon" href="data:,"><title>A page</title>
  <script type="module">import * as clock from '${url}/clock.js'; Object.assign(globalThis, clock);</script>`;
const worker = (url: string, gatewayKey: string): string => `
  import { connect } from '${url}/clock.js';
  const clock = await connect('${url}', { gatewayKey: '${gatewayKey}' });
  onmessage = () => postMessage({ now: clock.now(), skew: clock.skew, isVerified: clock.verified !== undefined });
  postMessage('ready');`;

describe.skipIf(!hasChromium || !hasChronyd)('/clock.js in a browser that is five minutes slow', () => {
  const keep = stopAfterAll();
  let url: string;
  let gatewayKey: string;
  let browser: Browser;
  let origin: string;
  const site = createServer((request, response) => {
    const isWorker = request.url === '/worker.js';
    response.writeHead(200, { 'Content-Type': isWorker ? 'text/javascript' : 'text/html' });
    response.end(isWorker ? worker(url, gatewayKey) : html(url));
  });
  let page: Page;
  let complaints: readonly string[];
  beforeAll(async () => {
    [{ url, gatewayKey }, browser] = await Promise.all([startSigningEdge(keep), startChromium(SLOW_MS / 1e3)]);
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    page = await browser.newPage();
    complaints = watchPage(page, origin, [url]);
    await page.goto(origin);
  });
  afterAll(async () => {
    await browser?.close();
    site.closeAllConnections();
    site.close();
  });

  type Asked = { readonly url: string; readonly options?: ClockModule.Options };
  type Told = { readonly now: Reading; readonly skew: { readonly earliest: number; readonly latest: number } };
  /** What the page says holds at some moment between the two. */
  const expectTruth = async (ask: () => Promise<Told>): Promise<void> => {
    const before = Date.now();
    const { now, skew } = await ask();
    const after = Date.now() + 1;
    expect(now.earliest).toBeLessThanOrEqual(after);
    expect(now.latest).toBeGreaterThanOrEqual(before);
    expect(now.earliest <= now.time && now.time <= now.latest).toBe(true);
    expect(skew.earliest).toBeLessThanOrEqual(SLOW_MS + 1); // libfaketime's ms
    expect(skew.latest).toBeGreaterThanOrEqual(SLOW_MS - 1);
    expect(skew.latest - skew.earliest).toBeLessThan(1_000);
  };

  it.each([
    ['whatever gets through', {}],
    ['fetch', { transport: 'fetch' }],
    ['a WebSocket', { transport: 'websocket' }],
    ['fetch, verified', { gatewayKey: 'pinned' }],
  ] as const)('knows the time in a page of another origin, by %s', async (_how, options) => {
    const asked: Asked = { url, options: 'gatewayKey' in options ? { gatewayKey } : options };
    await page.evaluate(async ({ url, options }) => {
      const { connect } = globalThis as unknown as typeof ClockModule;
      Object.assign(globalThis, { clock: await connect(url, options) });
    }, asked);
    await expectTruth(() => page.evaluate('({ now: clock.now(), skew: clock.skew })'));
    await page.evaluate('clock.close()');
    expect(complaints).toEqual([]);
  });

  it('verifies every answer, each to a question of its own, and keeps the floor', async () => {
    const { verified, floor } = await page.evaluate(
      async ({ url, options }) => {
        const { connect } = globalThis as unknown as typeof ClockModule;
        const clock = await connect(url, options);
        const verified: unknown[] = [clock.verified];
        await new Promise<void>((resolve) => {
          clock.onChange((change) => {
            if (change.kind === 'exchanged') verified.push(change.exchanged.told.verified);
            if (verified.length === 4) resolve();
          });
        });
        clock.close();
        return { verified, floor: localStorage.getItem(`noonmark floor ${options?.gatewayKey}`) };
      },
      { url, options: { gatewayKey } } satisfies Asked,
    );
    const answers = verified as { nonce: string; earliestUnixMs: number }[];
    expect(new Set(answers.map(({ nonce }) => nonce)).size).toBe(4);
    expect(Number(floor)).toBe(Math.max(...answers.map(({ earliestUnixMs }) => earliestUnixMs)));
  });

  const refused = (asked: Asked) =>
    page.evaluate(async ({ url, options }) => {
      const { connect } = globalThis as unknown as typeof ClockModule;
      return connect(url, options).then(
        () => 'connected',
        ({ reason }) => String(reason),
      );
    }, asked);

  it('takes no other key’s word, and no time before the floor', async () => {
    expect(await refused({ url, options: { gatewayKey: RFC8037.thumbprint } })).toBe('unknown-key');
    const floor = [`noonmark floor ${gatewayKey}`, String(Date.now() + 3_600_000)];
    await page.evaluate(([name = '', value = '']) => localStorage.setItem(name, value), floor);
    expect(await refused({ url, options: { gatewayKey } })).toBe('went-back');
    await page.evaluate(() => localStorage.clear());
    expect(await refused({ url, options: { gatewayKey } })).toBe('connected');
    expect(complaints).toEqual([]);
  });

  it('goes on where what verifies could not be loaded at first', async () => {
    const page = await browser.newPage();
    await page.goto(origin);
    await page.route('**/verify.js*', (route) => route.abort());
    const changes = `await new Promise((resolve) => {
      const stop = clock.onChange((change) => {
        stop();
        resolve(change.detail ?? change.kind);
      });
      clock.refresh();
    })`;
    const asked = `(async () => {
      globalThis.clock ??= open('${url}', { gatewayKey: '${gatewayKey}' });
      return ${changes};
    })()`;
    expect([await page.evaluate(asked), await page.evaluate(asked)]).toEqual(['verify.js', 'verify.js']);
    await page.unroute('**/verify.js*');
    await expect.poll(() => page.evaluate(asked), { timeout: 20_000 }).toBe('exchanged');
    await page.close();
  });

  it('leaves the browser’s own queues out, also where the page’s buffer of timings is full', async () => {
    const { sent, received, timings } = await page.evaluate(
      async ({ url }) => {
        performance.setResourceTimingBufferSize(0);
        const timings: (readonly [number, number])[] = [];
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as PerformanceResourceTiming[])
            timings.push([entry.requestStart, entry.responseEnd]);
        }).observe({ type: 'resource' });
        const { open } = globalThis as unknown as typeof ClockModule;
        const clock = open(url, { transport: 'fetch' });
        const round = await new Promise<{ sent: number; received: number }>((resolve) => {
          clock.onChange((change) => change.kind === 'exchanged' && resolve(change.exchanged));
        });
        clock.close();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { sent: round.sent, received: round.received, timings };
      },
      { url },
    );
    expect(timings).toContainEqual([sent, received]);
  });

  it('knows the time in a module worker, verified', async () => {
    await page.evaluate(`new Promise((resolve, reject) => {
      globalThis.worker = new Worker('/worker.js', { type: 'module' });
      worker.onmessage = resolve;
      worker.onerror = ({ message }) => reject(new Error(message));
    }).then(() => 'ready')`);
    const ask = (): Promise<Told & { isVerified: boolean }> =>
      page.evaluate(`new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage('now');
      })`);
    await expectTruth(ask);
    expect((await ask()).isVerified).toBe(true);
    expect(complaints).toEqual([]);
  });
});
