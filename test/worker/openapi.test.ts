/** The document has every route; that responses are as it says is seen at each response of every test (`described.ts`). */
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { createApp } from '../../worker/app.ts';
import { readSettings } from '../../worker/env.ts';
import { openApi } from '../../worker/openapi/document.ts';
import { realKeeper } from './edge.ts';

it('has every route that the app has, and no other', () => {
  const { routes } = createApp({
    settings: readSettings({ ...env }),
    clock: Date.now,
    keeper: realKeeper,
    cache: caches.default,
    fetch,
  });
  const built = routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
  const described = Object.entries(openApi('0.0.0').paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.sort()).toEqual(built.sort());
});
