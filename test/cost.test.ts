/** docs/deploy.md and docs/scale.md say what the formulas and the settings say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { callsOfCopies, costOf, DAY_S, type Demand, FREE, gatewaysUse, objectCalls } from './support/cost.ts';
import { ROOT } from './support/root.ts';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const { vars } = parse(read('wrangler.toml')) as unknown as { vars: { REFRESH_S: number; GATEWAY_KEYS: object } };
const INTERVAL_S = 16;

/** With a space between thousands. */
const whole = (n: number): string => String(Math.floor(n)).replace(/\B(?=(\d{3})+$)/g, ' ');
const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

describe('docs/deploy.md', () => {
  const document = read('docs/deploy.md');
  const used = [1, 2, 3].map((gateways) => gatewaysUse(gateways, INTERVAL_S));
  const each = (what: (use: (typeof used)[number]) => number): string[] => used.map((use) => whole(what(use)));

  it.each([
    ['samples', ...each(({ samples }) => samples), `${whole(FREE.requests)} of each`],
    ['rows written', ...each(({ rowsWritten }) => rowsWritten), whole(FREE.rowsWritten)],
    ['rows read', ...each(({ rowsRead }) => rowsRead), whole(FREE.rowsRead)],
    ['GB-s', ...each(({ gbSecondsAtMost }) => gbSecondsAtMost), whole(FREE.gbSeconds)],
    ['requests left', ...each(({ requestsLeft }) => requestsLeft).map((left) => `**${left}**`), ''],
    ['each second', ...used.map(({ requestsLeft }) => (requestsLeft / DAY_S).toFixed(2)), ''],
  ])('says how many %s', (name, ...cells) => {
    const [said = ''] = document.match(new RegExp(`^\\|[^|\\n]*${name}.*$`, 'm')) ?? [];
    expect(
      said
        .split('|')
        .slice(2, -1)
        .map((cell) => cell.trim()),
    ).toEqual(cells);
  });

  it('fits one to three gateways into the free plan', () => {
    for (const use of used) {
      expect(use.rowsWritten).toBeLessThan(FREE.rowsWritten / 3);
      expect(use.rowsRead).toBeLessThan(FREE.rowsRead / 10);
      expect(use.gbSecondsAtMost).toBeLessThan(FREE.gbSeconds);
    }
  });

  it('has every setting of wrangler.toml, and what it is there', () => {
    const { GATEWAY_KEYS: _, ...set } = vars;
    for (const [name, value] of Object.entries(set)) expect(document).toContain(`| \`${name}\` ${value} |`);
    for (const name of ['GATEWAY_KEYS', 'QUORUM']) expect(document).toContain(`| \`${name}\` |`);
  });
});

describe('docs/scale.md', () => {
  const document = read('docs/scale.md');
  const dollars = (n: number): string => (n < 100 ? n.toFixed(2) : whole(Math.round(n)));
  const demandOf = (requests: number, isolates: number): Demand => ({
    requests,
    isolates,
    locations: 300,
    gateways: 3,
    intervalS: INTERVAL_S,
    refreshS: vars.REFRESH_S,
    lifeS: 3_600,
    cpuMs: 0.3,
  });

  it.each([
    [1, 1],
    [100, 2],
    [10_000, 10],
  ])('says what %i requests/s to %i isolates of each location cost', (requests, isolates) => {
    const demand = demandOf(requests, isolates);
    const { each, shared } = objectCalls(demand);
    const month = (requests + 3 / INTERVAL_S) * 30 * DAY_S;
    const millions = `${month < 1e9 ? (month / 1e6).toFixed(1) : whole(Math.round(month / 1e6))} million`;
    expect(document).toContain(row(whole(requests), `${isolates}`, millions, each.toFixed(1), shared.toFixed(1)));
    const [alone, together] = [costOf(demand, each), costOf(demand, shared)];
    const cells = [alone.requests, alone.cpu, alone.object, together.object, together.all].map(dollars);
    expect(document).toContain(row(whole(requests), ...cells));
  });

  it('says how much is left of them with copies, as docs/deploy.md does', () => {
    const demand = demandOf(10_000, 10);
    const [left, { each, shared }] = [callsOfCopies(demand).toFixed(1), objectCalls(demand)];
    expect(document).toMatch(new RegExp(`samples are ${left} calls a second,\\s+whatever callers do`));
    expect(read('docs/deploy.md').replace(/\s+/g, ' ')).toContain(
      `at most ${left} calls a second, samples included, where 10 000 requests a second make it ${shared.toFixed(0)}, or ${each.toFixed(0)} without`,
    );
  });

  it('says when the object would have too much to do', () => {
    const { each, shared } = objectCalls(demandOf(10_000, 100));
    expect(document).toContain(`it would have ${each.toFixed(0)}, and with the cache ${shared.toFixed(0)}`);
  });
});
