/** The page at `/` in a real Chromium whose clock is five minutes slow. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEdge } from '../../worker/local/edge.ts';
import { RFC8037 } from '../contract/example.ts';
import { hasChromium, screenshotPath, startChromium, watchPage } from '../support/chromium.ts';
import { hasChronyd } from '../support/chronyd.ts';
import { startSigningEdge } from '../support/signing-edge.ts';
import { stopAfterAll } from '../support/stop-after-all.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { tellTime } from '../support/told-time.ts';

const SLOW_S = 300;

describe.skipIf(!hasChromium || !hasChronyd)('the page, in a browser that is five minutes slow', () => {
  const keep = stopAfterAll();
  let url: string;
  let gatewayKey: string;
  let browser: Browser;
  beforeAll(async () => {
    [{ url, gatewayKey }, browser] = await Promise.all([startSigningEdge(keep), startChromium(SLOW_S)]);
  });
  afterAll(() => browser?.close());

  type Opened = { readonly page: Page; readonly context: BrowserContext; readonly complaints: readonly string[] };
  const opened = async (use: (opened: Opened) => Promise<void>, hash = ''): Promise<void> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const complaints = watchPage(page, url);
    await page.goto(`${url}/${hash}`);
    await use({ page, context, complaints }).finally(() => context.close());
  };
  const textOf = async (page: Page, id: string): Promise<string> => (await page.textContent(`#${id}`)) ?? '';
  const untilSlow = (page: Page) => expect.poll(() => textOf(page, 'skew'), { timeout: 20_000 }).toMatch(/ slow$/);
  const status = (page: Page) => expect.poll(() => textOf(page, 'status'), { timeout: 20_000 });
  const marks = (page: Page, mark: string) =>
    expect.poll(() => page.locator(`#links li.${mark} strong`).allTextContents(), { timeout: 20_000 });

  const UNITS: Readonly<Record<string, number>> = { min: 60e3, s: 1e3, ms: 1 };
  const lengthOf = (text: string): number =>
    [...text.matchAll(/([\d.]+) (min|s|ms)\b/g)].reduce((sum, [, n, unit = '']) => sum + Number(n) * UNITS[unit]!, 0);

  it('shows its error within its bound, over a slow network too, and true time', () =>
    opened(async ({ page, context, complaints }) => {
      const network = await context.newCDPSession(page);
      await network.send('Network.enable');
      for (const latency of [0, 150]) {
        const slow = { offline: false, latency, downloadThroughput: latency ? 50_000 : -1, uploadThroughput: -1 };
        await network.send('Network.emulateNetworkConditions', slow);
        await page.reload();
        await untilSlow(page);
        // At once: the page draws again with each answer.
        const texts = `['skew', 'skew-bound'].map((id) => document.getElementById(id).textContent)`;
        const [error = 0, bound = 0] = (await page.evaluate<string[]>(texts)).map(lengthOf);
        expect(Math.abs(error - SLOW_S * 1e3)).toBeLessThanOrEqual(bound + 1); // libfaketime's ms
        expect(bound).toBeLessThan(1_000);
        const shown = await page.getAttribute('#now', 'datetime');
        expect(Math.abs(Date.parse(shown ?? '') - Date.now())).toBeLessThan(2_000);
      }
      expect(complaints).toEqual([]);
    }));

  it('asks nobody else, and breaks no rule of its own policy', () =>
    opened(async ({ page, complaints }) => {
      await untilSlow(page);
      await expect.poll(() => page.locator('canvas').count()).toBe(2);
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [1280, 390]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 900 });
          await expect.poll(() => page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
          await page.screenshot({ path: screenshotPath(`page-${colorScheme}-${width}`), fullPage: true });
        }
      expect(complaints).toEqual([]);
    }));

  it('verifies each link by a pinned key, and shows which does not hold by another', () =>
    opened(async ({ page, complaints }) => {
      const chain = ['Key', 'Delegation', 'Answer', 'Nonce', 'Floor'];
      await marks(page, 'good').toEqual(chain);
      await page.screenshot({ path: screenshotPath('page-verified'), fullPage: true });

      await page.evaluate(`location.assign('#key=${RFC8037.thumbprint}')`);
      await marks(page, 'bad').toEqual(['Key']);
      await status(page).toMatch(/^No gateway that holds the key that you pinned vouches/);
      expect(await textOf(page, 'skew')).toBe('Not known yet');
      expect(await textOf(page, 'now')).toBe('––:––:––');
      expect(await page.getAttribute('#now', 'datetime')).toBeNull();
      for (const hidden of ['#bound', '#pictures']) expect(await page.isVisible(hidden)).toBe(false);
      expect(await textOf(page, 'key-for-gateway')).toBe(RFC8037.thumbprint);
      await page.screenshot({ path: screenshotPath('page-unknown-key'), fullPage: true });

      await page.fill('#key', 'not a key');
      await page.press('#key', 'Enter');
      expect(await page.getAttribute('#key', 'aria-invalid')).toBe('true');
      await page.fill('#key', gatewayKey);
      await page.press('#key', 'Enter');
      await marks(page, 'good').toEqual(chain);
      await page.goto(url);
      await marks(page, 'good').toEqual(chain);
      await page.click('#unpin');
      await marks(page, 'good').toEqual(['Sources']);
      expect(complaints).toEqual([]);
    }, `#key=${gatewayKey}`));

  it.each([
    ['over a WebSocket', () => ''],
    ['verified', () => `#key=${gatewayKey}`],
  ])('says in plain words that it is offline, widens, and recovers by itself: %s', (_way, hashOf) =>
    opened(async ({ page, context }) => {
      await untilSlow(page);
      await page.evaluate(`globalThis.said = [];
        new MutationObserver(([{ target }]) => said.push(target.textContent)).observe(
          document.getElementById('status'), { childList: true })`);
      await context.setOffline(true);
      await status(page).toMatch(/^This device has no network, as it says itself\. What is known stands/);
      expect(await page.evaluate('said.join()')).not.toContain('did not answer'); // it was not waited for
      const before = lengthOf(await textOf(page, 'bound'));
      expect(await page.locator('#links .good').count()).toBeGreaterThan(0); // what the time rests on still
      await expect.poll(async () => lengthOf(await textOf(page, 'bound')), { timeout: 20_000 }).toBeGreaterThan(before);
      await untilSlow(page);
      await page.screenshot({ path: screenshotPath('page-offline') });
      await context.setOffline(false);
      await status(page).toMatch(/^(The edge answers again\.)?$/);
    }, hashOf()),
  );

  it('says so where a network wants a login first, and goes on after it', () =>
    opened(async ({ page }) => {
      const portal = { status: 200, contentType: 'text/html', body: '<h1>Welcome to the hotel</h1>' };
      await page.route('**/time?*', (route) => route.fulfill(portal));
      await page.routeWebSocket('**/ws', (socket) => void socket.close());
      await page.reload();
      await status(page).toMatch(/^Something else answered in place of the edge.* Nothing is known yet/);
      await page.unroute('**/time?*');
      await untilSlow(page);
      await status(page).toMatch(/^(The edge answers again\.)?$/);
    }));

  it('shows no time to who has pinned a key where nothing can be verified', () =>
    opened(async ({ page }) => {
      await page.route('http://edge.test/**', async (route) => {
        const { pathname, search } = new URL(route.request().url());
        await route.fulfill({ response: await route.fetch({ url: `${url}${pathname}${search}` }) });
      });
      await page.goto(`http://edge.test/#key=${gatewayKey}`);
      await status(page).toMatch(/^A browser verifies nothing on a page that came over plain HTTP/);
      expect(await textOf(page, 'now')).toBe('––:––:––');
      await marks(page, 'bad').toEqual(['Connection']);
      await page.click('#unpin');
      await untilSlow(page);
    }));

  it('begins without a time, and has it once the edge knows it', async () => {
    const vars = { GATEWAY_KEYS: JSON.stringify({ 'gw-1': RFC8037.jwk.x }), EDGE_SPREAD_MS: '0', OBJECT_LAG_MS: '0' };
    const untold = await startEdge({ port: 0, host: '127.0.0.1', stateDir: makeTempDir(), vars });
    const page = await browser.newPage();
    try {
      expect((await page.goto(untold.url))?.status()).toBe(503);
      await status(page).toMatch(/^The edge does not know the time well enough to tell it\. Nothing is known yet\./);
      expect(await textOf(page, 'now')).toBe('––:––:––');
      expect(await page.isVisible('.untold')).toBe(false); // the status says so
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.screenshot({ path: screenshotPath('page-no-time'), fullPage: true });
      await tellTime(untold.url, 0);
      await untilSlow(page);
      expect(await textOf(page, 'now')).toMatch(/^\d\d:\d\d:\d\d$/);
    } finally {
      await page.close();
      await untold.stop();
    }
  });

  it('can be used by keyboard, and says what everything is', () =>
    opened(async ({ page }) => {
      await untilSlow(page);
      const reached: string[] = [];
      for (let tab = 0; tab < 11; tab++) {
        await page.keyboard.press('Tab');
        const focus: { name: string; outlineStyle: string } = await page.evaluate(`({
          name: document.activeElement.id || document.activeElement.localName,
          outlineStyle: getComputedStyle(document.activeElement).outlineStyle,
        })`);
        expect(focus.outlineStyle, focus.name).not.toBe('none');
        reached.push(focus.name);
      }
      expect(reached).toEqual(['key', ...Array(5).fill('button'), ...Array(5).fill('a')]);
      for (const role of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
      expect(await page.getByRole('region').evaluateAll((all) => all.length)).toBe(5);
      expect(await page.getByRole('textbox', { name: 'A gateway’s key' }).count()).toBe(1);
      expect(await page.getByRole('img', { name: /5 min .* slow|4 min .* slow/ }).count()).toBe(1);
      expect(await page.locator('[aria-live], [role=status]').evaluateAll((all) => all.map(({ id }) => id))).toEqual([
        'status',
        'pin-state',
      ]);
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await expect.poll(() => textOf(page, 'tenths')).toBe('');
    }));
});
