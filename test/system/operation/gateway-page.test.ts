/** The page of the gateway in a real Chromium: of a real gateway, between real servers and a real edge. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sources } from '../../../ntp-gateway/status/sources.ts';
import type { Status } from '../../../ntp-gateway/status/status.ts';
import { askNtp } from '../../support/ask-ntp.ts';
import { hasChromium, screenshotPath, startChromium, watchPage } from '../../support/chromium.ts';
import { type Chronyd, hasChronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge } from '../../support/edge.ts';
import { freeTcpPort } from '../../support/free-port.ts';
import {
  type GatewayOptions,
  type GatewayProcess,
  makeGatewayState,
  runGateway,
  startGateway,
  untilPublished,
  untilSynchronized,
} from '../../support/gateway.ts';
import { stopAfterAll } from '../../support/stop-after-all.ts';
import { openUdpPeer } from '../../support/udp-peer.ts';

const PATIENCE = { timeout: 30_000 };
/** Each is waited for, and the next comes later than the last: some 25 s. */
const EIGHT_POLLS = { timeout: 120_000 };
const HOUR_S = 3_600;

describe.skipIf(!hasChromium || !hasChronyd)('the page of the gateway', () => {
  const keep = stopAfterAll();
  let browser: Browser;
  let gateway: GatewayProcess;
  let options: GatewayOptions;
  let mortal: Chronyd;
  let edge: string;
  let origin: string;

  beforeAll(async () => {
    const { stateDir, x } = await makeGatewayState();
    const status = `127.0.0.1:${await freeTcpPort()}`;
    const shifts = [0, 0, 0, HOUR_S];
    const [started, ...chronyds] = await Promise.all([
      keep(startTestEdge(x)),
      ...shifts.map((shiftSeconds) => keep(startChronyd({ shiftSeconds }))),
    ]);
    edge = started.url;
    origin = `http://${status}`;
    mortal = chronyds[2]!;
    options = { stateDir, sources: chronyds, publish: [edge], status };
    [gateway, browser] = await Promise.all([keep(startGateway(options)), startChromium()]);
    await untilSynchronized(gateway);
    await untilPublished(gateway);
  });
  afterAll(() => browser?.close());

  const opened = async (use: (page: Page, complaints: readonly string[]) => Promise<void>): Promise<void> => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const complaints = watchPage(page, origin);
    await page.goto(origin);
    await shown(page, 'headline').toMatch(/^✓Time is good, to within/);
    await use(page, complaints).finally(() => page.close());
  };
  const text = async (page: Page, id: string): Promise<string> => ((await page.textContent(`#${id}`)) ?? '').trim();
  const shown = (page: Page, id: string) => expect.poll(() => text(page, id), PATIENCE);
  const row = (page: Page, id: string, name: string, patience = PATIENCE) =>
    expect.poll(() => page.locator(`#${id} tbody tr`, { hasText: name }).textContent(), patience);
  const json = async <Answer>(command: string): Promise<Answer> =>
    JSON.parse((await runGateway(command, '--json', '--state-dir', gateway.stateDir)).stdout) as Answer;

  it('shows what `status --json` and `sources --json` say, goes on by itself, and asks nobody else', () =>
    opened(async (page, complaints) => {
      for (let i = 0; i < 5; i++) await askNtp(gateway.ntpPort);
      const peer = await openUdpPeer();
      await peer.send(new Uint8Array(20), gateway.ntpPort, '127.0.0.1');
      peer[Symbol.dispose]();

      const status = await json<Status>('status');
      const sources = await json<Sources>('sources');
      await shown(page, 'gateway').toMatch(`${status.gateway}, started `);
      await shown(page, 'why').toMatch(`outvoted: ${sources[3]!.id}.`);
      await shown(page, 'facts').toMatch(new RegExp(`Stratum${status.clock!.stratum}by 127\\.0\\.0\\.1`));
      // As it is by then: on a machine that stood still a source may have been doubted for a moment.
      const shownOtherwise = async (): Promise<readonly string[]> => {
        const now = await gateway.sources();
        const rows = await Promise.all(now.map(({ id }) => page.locator('#sources tr', { hasText: id }).textContent()));
        return now.flatMap(({ state, reason }, i) => (rows[i]?.includes(`${state}: ${reason}`) ? [] : [rows[i] ?? '']));
      };
      await expect.poll(shownOtherwise, PATIENCE).toEqual([]);
      expect(await page.locator('#sources tbody tr').count()).toBe(sources.length);
      await row(page, 'served', 'too-short').toMatch(/^too-short1/);
      await row(page, 'clients', '127.0.0.1').toMatch(/NTPv4$/);
      await row(page, 'edges', edge).toMatch(/✓ok/);

      await page.evaluate(`document.querySelector('#edges tbody tr').isOld = true`);
      const taken = async (): Promise<number> =>
        Number((await page.locator('#edges tbody td').nth(2).textContent())!.replaceAll(',', ''));
      const before = await taken();
      await expect.poll(taken, PATIENCE).toBeGreaterThan(before + 1);
      // What a reader may have selected is changed where it stands, and not put there anew.
      expect(await page.evaluate(`document.querySelector('#edges tbody tr').isOld`)).toBe(true);
      for (let i = 0; i < 5; i++) await askNtp(gateway.ntpPort);
      const { server } = await json<Status>('status');
      await shown(page, 'served').toContain(`${server!.served} replies`);
      expect(server!.served).toBeGreaterThanOrEqual(10);
      expect(complaints).toEqual([]);
    }));

  it('draws four pictures, says what is in them, and tells what is under the pointer', () =>
    opened(async (page, complaints) => {
      await expect.poll(() => page.locator('canvas').count(), PATIENCE).toBe(4);
      const label = (id: string) => expect.poll(() => page.getAttribute(`#${id}`, 'aria-label'), PATIENCE);
      await label('clock').toMatch(/The host’s clock is .* (fast|slow|on time).*, and its error certainly between/);
      await label('offsets').toMatch(/Outside of the picture: 127\.0\.0\.1:\d+ \(\+60.min\)\.$/);
      await label('rates').toMatch(/replies [\d.]+ \/s\.$/);
      const { x, y, width, height } = (await page.locator('#clock').boundingBox())!;
      await page.mouse.move(x + width - 40, y + height / 2);
      await shown(page, 'clock-readout').toMatch(/^\d\d:\d\d:\d\d · this host .*, certain within/);
      await page.mouse.move(0, 0);
      await shown(page, 'clock-readout').toBe('');
      await page.check('input[value="3600"]');
      expect(complaints).toEqual([]);
    }));

  it('lets nothing in that is not its own', () =>
    opened(async (page) => {
      const { headers } = await fetch(origin);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      const ran = `(() => {
        const script = document.createElement('script');
        script.textContent = 'globalThis.ran = true';
        document.head.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="globalThis.ran = true">');
        return fetch('http://127.0.0.1:1').then(() => true, () => globalThis.ran === true);
      })()`;
      expect(await page.evaluate(ran)).toBe(false);
    }));

  it('can be used by keyboard, and says what everything is', () =>
    opened(async (page) => {
      await expect.poll(() => page.locator('#edges td').count(), PATIENCE).toBeGreaterThan(0);
      for (const role of ['banner', 'main', 'contentinfo'] as const) expect(await page.getByRole(role).count()).toBe(1);
      expect(await page.getByRole('region').count()).toBe(7);
      // No picture, table, control or link without a name; no cell of a head without what it heads.
      const nameless = `[...document.querySelectorAll('[role=img], table, input, a, section, fieldset')].filter((one) => {
        const named = one.ariaLabel ?? one.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent).join('');
        const own = one.labels?.[0]?.textContent ?? one.caption?.textContent ?? one.querySelector('legend')?.textContent ?? (one.localName === 'a' && one.textContent);
        return !(named || own)?.trim();
      }).map((one) => one.outerHTML.slice(0, 80))`;
      expect(await page.evaluate(nameless)).toEqual([]);
      expect(await page.locator('th:not([scope])').count()).toBe(0);
      expect(await page.locator('[aria-live], [role=status]').evaluateAll((all) => all.map(({ id }) => id))).toEqual([
        'news',
      ]);
      const reach = async (): Promise<readonly string[]> => {
        await page.evaluate('document.activeElement.blur()');
        const reached: string[] = [];
        for (let tab = 0; tab < 20; tab++) {
          await page.keyboard.press('Tab');
          const name: string = await page.evaluate(
            `document.activeElement.id || document.activeElement.value || document.activeElement.getAttribute('href')`,
          );
          if (reached.includes(name) || !name) break;
          reached.push(name);
        }
        return reached;
      };
      const links = ['/status', '/sources', '/clients', '/history'];
      expect(await reach()).toEqual(['600', ...links]);
      await page.keyboard.press('Home');
      await page.focus('input[value="600"]');
      await page.keyboard.press('ArrowRight');
      expect(await page.isChecked('input[value="3600"]')).toBe(true);
      // Where a table is cut off it can be scrolled by keyboard as well.
      await page.setViewportSize({ width: 390, height: 900 });
      await expect.poll(reach, PATIENCE).toEqual(['3600', 'sources', 'edges', 'clients', ...links]);
    }));

  it('is looked at, light and dark, wide and narrow', () =>
    opened(async (page, complaints) => {
      await expect.poll(() => page.locator('#edges td').count(), PATIENCE).toBeGreaterThan(0);
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of [1280, 390]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 900 });
          await expect
            .poll(() => page.evaluate('document.documentElement.scrollWidth <= innerWidth'), PATIENCE)
            .toBe(true);
          await page.screenshot({ path: screenshotPath(`gateway-${colorScheme}-${width}`), fullPage: true });
        }
      expect(complaints).toEqual([]);
    }));

  it('asks nothing while nobody sees it, and at once when somebody does', () =>
    opened(async (page) => {
      const hide = (hidden: boolean) =>
        page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
          document.dispatchEvent(new Event('visibilitychange'))`);
      const asked = (): Promise<number> => page.evaluate('globalThis.asked');
      await page.evaluate(`const { fetch } = globalThis;
        globalThis.asked = 0;
        globalThis.fetch = (...all) => { globalThis.asked++; return fetch(...all); }`);
      await expect.poll(asked, PATIENCE).toBeGreaterThan(0);
      await page.clock.install();
      await hide(true);
      const before = await asked();
      await page.clock.runFor(60_000);
      expect(await asked()).toBe(before);
      await hide(false);
      await expect.poll(asked, PATIENCE).toBeGreaterThan(before);
    }));

  it('says that the gateway does not answer, and goes on once it is there again', () =>
    opened(async (page) => {
      await gateway.stop();
      await shown(page, 'headline').toBe('✕The gateway does not answer');
      expect(await text(page, 'why')).toMatch(
        /^It has not since \d\d:\d\d:\d\d UTC, and what stands here is from then\./,
      );
      expect(await text(page, 'news')).toBe('The gateway does not answer');
      await shown(page, 'now').toBe('––:––:–– UTC');
      await page.screenshot({ path: screenshotPath('gateway-silent'), fullPage: true });
      gateway = await keep(startGateway(options));
      await shown(page, 'headline').toMatch(/^✓Time is good/);
      await shown(page, 'now').toMatch(/^\d\d:\d\d:\d\d UTC$/);
    }));

  it(
    'shows that a server died, and why it does not count',
    () =>
      opened(async (page, complaints) => {
        const name = `127.0.0.1:${mortal.port}`;
        await row(page, 'sources', name).toContain('selected: agrees with the majority');
        await mortal.stop();
        await row(page, 'sources', name, EIGHT_POLLS).toMatch(
          /✕unreachable: no valid reply to the last eight polls.*0 of the last 8/,
        );
        await shown(page, 'why').toMatch(/^2 of/);
        await page.screenshot({ path: screenshotPath('gateway-server-dead'), fullPage: true });
        expect(complaints).toEqual([]);
      }),
    150_000,
  );
});

it('a page that others reach is a warning in the log, and the default is none', async () => {
  for (const [host, isWarned] of [
    ['0.0.0.0', true],
    ['127.0.0.1', false],
  ] as const) {
    await using gateway = await startGateway({ local: {}, status: `${host}:${await freeTcpPort()}` });
    expect(gateway.child.said.stderr.includes('"event":"page-for-all"'), host).toBe(isWarned);
  }
});
