/** What is written on the pages can be read: WCAG 2.2 §1.4.3 asks for 4.5 : 1, and §1.4.11 for 3 : 1 where a line means something. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STYLE } from '../worker/page/style.ts';
import { ROOT } from './support/root.ts';

const luminance = (hex: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const coloursOf = (rules: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...rules.matchAll(/--(\w+): (#[\da-f]{6});/g)].map(([, name, hex]) => [name, hex]));
const palettesOf = (style: string) =>
  [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, rules = '']) => coloursOf(rules));
const GATEWAY = palettesOf(readFileSync(join(ROOT, 'ntp-gateway/status/page/page.css'), 'utf8'));
const EDGE = palettesOf(STYLE);

describe.each([
  ['light', 0],
  ['dark', 1],
])('%s', (_scheme, i) => {
  it.each(['ink', 'soft', 'mark', 'good', 'bad'])('%s stands out from what is behind it', (name) => {
    const colours = EDGE[i]!;
    for (const behind of ['paper', 'raised'])
      expect(contrast(colours[name] ?? '', colours[behind] ?? ''), behind).toBeGreaterThanOrEqual(4.5);
  });

  it('the gateway’s page has the same palette', () => {
    expect(GATEWAY[i]).toMatchObject(EDGE[i]!);
  });

  it.each(Array.from({ length: 8 }, (_, line) => `line${line}`))('%s stands out from paper', (name) => {
    expect(contrast(GATEWAY[i]![name] ?? '', GATEWAY[i]!.paper ?? '')).toBeGreaterThanOrEqual(3);
  });
});
