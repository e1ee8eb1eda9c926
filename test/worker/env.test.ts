import { describe, expect, it } from 'vitest';
import { readSettings } from '../../worker/env.ts';
import { distinctKeys } from '../support/distinct-keys.ts';

const X = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const { other = '' } = distinctKeys(['other']);

describe('settings', () => {
  it('have a default each', () => {
    expect(readSettings({})).toEqual({
      gatewayKeys: {},
      rules: {
        quorum: 1,
        mayBeWrong: 0,
        drift: 50e-6,
        spread: 20e6,
        objectLag: 10e6,
        maxSampleAge: 300e9,
        maxClockError: 86_400e9,
      },
      maxUncertainty: 250e6,
      refreshMs: 30_000,
      regionalCopies: false,
      publicLog: 1000,
    });
  });

  it('come as numbers, or as text from a command line', () => {
    expect(readSettings({ EDGE_SPREAD_MS: 0, OBJECT_LAG_MS: '2.5', MAX_SAMPLE_AGE_S: '60' }).rules).toMatchObject({
      spread: 0,
      objectLag: 2.5e6,
      maxSampleAge: 60e9,
    });
    expect(readSettings({ EDGE_SPREAD_MS: 'measured' }).rules.spread).toBeUndefined();
    for (const REGIONAL_COPIES of [true, 'true']) expect(readSettings({ REGIONAL_COPIES }).regionalCopies).toBe(true);
    expect(readSettings({ REGIONAL_COPIES: 'false' }).regionalCopies).toBe(false);
  });

  it.each([1, 2, 3, 4, 5])('ask more than half of %i gateways', (count) => {
    const keys = distinctKeys(Array.from({ length: count }, (_, index) => `gw-${index}`));
    for (const GATEWAY_KEYS of [keys, JSON.stringify(keys)]) {
      const { gatewayKeys, rules } = readSettings({ GATEWAY_KEYS });
      expect(gatewayKeys).toEqual(keys);
      expect(rules.quorum).toBe(Math.floor(count / 2) + 1);
      expect(rules.quorum + rules.mayBeWrong).toBe(count);
    }
  });

  it.each([undefined, {}, '', '  ', '{}'])('allow no keys at all: %j', (GATEWAY_KEYS) => {
    expect(readSettings(GATEWAY_KEYS === undefined ? {} : { GATEWAY_KEYS }).gatewayKeys).toEqual({});
  });

  it.each([
    ['GATEWAY_KEYS', 'not JSON'],
    ['GATEWAY_KEYS', '["gw-1"]'],
    ['GATEWAY_KEYS', 7],
    ['GATEWAY_KEYS', { 'gw-1': X.slice(1) }],
    ['GATEWAY_KEYS', { 'gw-1': `${X}=` }],
    ['GATEWAY_KEYS', { 'gw 1': X }],
    ['GATEWAY_KEYS', { 'gw-1': X, 'gw-2': X }],
    ['GATEWAY_KEYS', { 'gw-1': X, constructor: other }],
    ['GATEWAY_KEYS', { 'gw-1': X, toString: other }],
    ['GATEWAY_KEYS', `{"gw-1":"${X}","__proto__":"${other}"}`],
    ['QUORUM', 0],
    ['QUORUM', 1.5],
    ['QUORUM', 'two'],
    ['QUORUM', 2],
    ['MAX_UNCERTAINTY_MS', 0],
    ['MAX_UNCERTAINTY_MS', '1e3'],
    ['MAX_SAMPLE_AGE_S', -1],
    ['MAX_CLOCK_ERROR_S', Number.NaN],
    ['EDGE_SPREAD_MS', 'guessed'],
    ['EDGE_SPREAD_MS', -1],
    ['EDGE_DRIFT_PPM', 1e6],
    ['OBJECT_LAG_MS', '-1'],
    ['REFRESH_S', 0],
    ['REGIONAL_COPIES', 'yes'],
    ['REGIONAL_COPIES', 1],
    ['PUBLIC_LOG', 1.5],
    ['PUBLIC_LOG', null],
  ])('name the one that is wrong: %s = %j', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(new RegExp(`^Settings: ${name}: [^\\n]+$`));
  });

  it('name all that are wrong, on one line', () => {
    expect(() => readSettings({ REFRESH_S: 0, EDGE_DRIFT_PPM: 'x' })).toThrow(
      /^Settings: EDGE_DRIFT_PPM: .+; REFRESH_S: .+$/,
    );
  });
});
