/** What `init` writes is a configuration, with and without what it leaves to the reader, and knows every table. */
import { describe, expect, it } from 'vitest';
import { faultText, parseConfig } from '../../../ntp-gateway/config/parse.ts';
import { schema } from '../../../ntp-gateway/config/schema.ts';
import { LEAP_FILE, templateText } from '../../../ntp-gateway/config/template.ts';

const BARE = { id: 'gw-1', stateDir: '/var/lib/noonmark', port: 123, hasIpv6: false, publish: [] };
const FULL = { ...BARE, hasIpv6: true, leapFile: LEAP_FILE, publish: ['https://a.example', 'https://b.example'] };
const ODD = { ...BARE, stateDir: `/tmp/it's "odd"\\\n#` };

const parsed = (text: string) => {
  const result = parseConfig(text, 'template');
  if (!result.ok) throw new Error(result.faults.map(faultText).join('\n'));
  return result.config;
};
/** With every setting that is off. */
const takenUp = (text: string): string => text.replaceAll(/^#(?! |$)/gm, '');

describe('the template', () => {
  it.each([BARE, FULL, ODD])('is a configuration: %j', (template) => {
    const { id, stateDir, server, publish, leapFile } = parsed(templateText(template));
    expect({ id, stateDir, leapFile }).toEqual({
      id: 'gw-1',
      stateDir: template.stateDir,
      leapFile: 'leapFile' in template ? LEAP_FILE : undefined,
    });
    expect(server.listen.map(({ host }) => host)).toEqual(template.hasIpv6 ? ['0.0.0.0', '::'] : ['0.0.0.0']);
    expect(publish.map(({ origin }) => origin)).toEqual(template.publish);
  });

  it.each([BARE, FULL])('is one also with all that is off: %j', (template) => {
    const config = parsed(takenUp(templateText(template)));
    expect(config).toMatchObject({ local: { stratum: 10 }, leapFile: LEAP_FILE, server: { smear: true, nts: {} } });
    expect(config.publish.length).toBeGreaterThan(0);
  });

  it('says of what is off what holds without it', () => {
    const without = parsed(templateText(BARE));
    const on = parsed(templateText(BARE).replaceAll(/^#(min_sources|require_nts)/gm, '$1'));
    expect(on).toEqual(without);
  });

  it('names every table but the one of secrets', () => {
    const tables = Object.keys(schema.pipe[0].pipe[1].entries);
    expect(tables).toContain('gateway'); // or it looks in the wrong place
    const isNamed = (table: string) => new RegExp(`^#?\\[+${table}\\]`, 'm').test(templateText(BARE));
    expect(tables.filter((table) => !isNamed(table))).toEqual(['keys']);
  });

  it('is read without scrolling to the side', () => {
    for (const line of templateText(FULL).split('\n')) expect(line.length).toBeLessThanOrEqual(125);
  });
});
