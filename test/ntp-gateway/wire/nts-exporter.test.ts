import { expect, it } from 'vitest';
import { AES_128_GCM_SIV, AES_SIV_CMAC_256 } from '../../../ntp-gateway/wire/nts.ts';
import { EXPORTER_LABEL, exporterContext } from '../../../ntp-gateway/wire/nts-exporter.ts';
import { hex } from '../../support/hex.ts';

it('has the label of RFC 8915 §5.1, without a version', () => {
  expect(EXPORTER_LABEL).toBe('EXPORTER-network-time-security');
});

it.each([
  { name: 'RFC 8915 §5.1', algorithm: AES_SIV_CMAC_256, isCompliant: false, c2s: '0000 000f 00', s2c: '0000 000f 01' },
  { name: 'no other for it', algorithm: AES_SIV_CMAC_256, isCompliant: true, c2s: '0000 000f 00', s2c: '0000 000f 01' },
  { name: 'its own', algorithm: AES_128_GCM_SIV, isCompliant: true, c2s: '0000 001e 00', s2c: '0000 001e 01' },
  {
    name: 'as chrony 4.4 to 4.6',
    algorithm: AES_128_GCM_SIV,
    isCompliant: false,
    c2s: '0000 000f 00',
    s2c: '0000 000f 01',
  },
] as const)('AEAD $algorithm, $name', ({ algorithm, isCompliant, c2s, s2c }) => {
  expect(exporterContext(algorithm, isCompliant, 'c2s')).toEqual(hex(c2s));
  expect(exporterContext(algorithm, isCompliant, 's2c')).toEqual(hex(s2c));
});
