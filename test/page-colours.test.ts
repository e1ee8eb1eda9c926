/** What is written on the pages can be read: WCAG 2.2 §1.4.3 asks for 4.5 : 1. */
import { describe, expect, it } from 'vitest';
import { STYLE } from '../worker/page/style.ts';

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

const [light = '', dark = ''] = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(([, rules = '']) => rules);

describe.each([
  ['light', light],
  ['dark', dark],
])('%s', (_scheme, rules) => {
  const colours = Object.fromEntries(
    [...rules.matchAll(/--(\w+): (#[\da-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  );

  it.each(['ink', 'soft', 'mark', 'good', 'bad'])('%s stands out from what is behind it', (name) => {
    for (const behind of ['paper', 'raised'])
      expect(contrast(colours[name] ?? '', colours[behind] ?? ''), behind).toBeGreaterThanOrEqual(4.5);
  });
});
