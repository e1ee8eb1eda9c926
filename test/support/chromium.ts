/** Debian's Chromium, driven by playwright-core, which brings no browser of its own. */
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findChromium, findLibfaketime, required } from './peers.ts';
import { ROOT } from './root.ts';

/** For `describe.skipIf(!hasChromium)`: npm test reports such suites by name. */
export const hasChromium = findChromium() !== undefined && findLibfaketime() !== undefined;

/** It asks nobody but whom it is sent to. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param slowSeconds - by how much its clock is behind this host's: 0, or a shift that stays. */
export const startChromium = async (slowSeconds = 0): Promise<Browser> =>
  chromium.launch({
    executablePath: required(findChromium()),
    args: FLAGS,
    env: {
      ...process.env,
      ...(slowSeconds !== 0 && { LD_PRELOAD: required(findLibfaketime()), FAKETIME: `-${slowSeconds}s` }),
    },
  });

/** All that a page has complained of, and whom it has asked beside its own origin and `others`. */
export const watchPage = (page: Page, origin: string, others: readonly string[] = []): readonly string[] => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error.stack)));
  page.on('request', (request) => {
    const from = new URL(request.url());
    if (from.protocol !== 'data:' && ![origin, ...others].includes(from.origin)) complaints.push(request.url());
  });
  return complaints;
};

/** Ignored by git; to be looked at. */
export const screenshotPath = (name: string): string => join(ROOT, '.build/screenshots', `${name}.png`);
