/** What is served beside the Worker: the document, judged by somebody else's validator, and its page. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, it } from 'vitest';
import { makeAssets } from '../worker/assets.ts';

const assets = await makeAssets();

it('is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(JSON.parse(assets['/openapi.json']?.body ?? ''));
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(validator.version).toBe('3.1');
});

it('has a page that loads its stylesheet and nothing else, and has no script', () => {
  const { body = '', policy } = assets['/openapi'] ?? {};
  expect(body).toMatch(/^<!doctype html>/);
  for (const path of ['/time', '/dash/ntp', '/timesync', '/ws', '/samples'])
    expect(body).toContain(`</small>${path}</h2>`);
  expect(body).not.toMatch(/<script|style=|\son\w+=|\[object/);
  expect([...body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, to]) => to)).toEqual([
    'data:,',
    '/openapi.css',
    '/',
    '/openapi.json',
  ]);
  expect(policy).toMatch(/^default-src 'none'; style-src 'self';/);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});
