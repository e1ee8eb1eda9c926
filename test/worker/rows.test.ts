/** What a sample costs in rows, of which the free plan has a number for each day (docs/deploy.md). */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import { createGateway, startIsolate, stub } from './edge.ts';
import { edgeVariables } from './variables.ts';

const ask = startIsolate();
const { PUBLIC_LOG } = edgeVariables;

/** Of all that the object does meanwhile: by SQL, as the platform itself counts, and by keys, of which each is one. */
const countRows = async (during: () => Promise<void>): Promise<{ read: number; written: number }> => {
  const cursors: { rowsRead: number; rowsWritten: number }[] = [];
  let keysWritten = 0;
  let restore = (): void => {};
  await runInDurableObject(stub(), (_object, { storage: { sql, kv } }) => {
    const [exec, put] = [sql.exec.bind(sql), kv.put.bind(kv)];
    const execs = vi.spyOn(sql, 'exec').mockImplementation(((query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      cursors.push(cursor);
      return cursor;
    }) as typeof sql.exec);
    const puts = vi.spyOn(kv, 'put').mockImplementation((key, value) => {
      keysWritten++;
      put(key, value);
    });
    restore = () => {
      execs.mockRestore();
      puts.mockRestore();
    };
  });
  await during();
  await runInDurableObject(stub(), () => restore());
  const sum = (count: (cursor: (typeof cursors)[number]) => number) =>
    cursors.reduce((all, one) => all + count(one), 0);
  return { read: sum(({ rowsRead }) => rowsRead), written: sum(({ rowsWritten }) => rowsWritten) + keysWritten };
};

describe('rows written', () => {
  it('are two for a sample that is kept, also when the log is full, and none for one that was handed in before', async () => {
    const gateway = await createGateway();
    for (let count = 0; count < 3; count++) await gateway.post(ask); // until it has vouched for our key
    const posts = 3 * PUBLIC_LOG;
    const rows = await countRows(async () => {
      for (let count = 0; count < posts; count++) expect((await gateway.post(ask)).status).toBe(200);
    });
    expect(rows.written).toBe(2 * posts);
    expect(rows.read / posts).toBeLessThan(10); // of five million a day

    const jws = await gateway.sign({ sequence: 1 });
    const again = await countRows(async () => {
      for (let count = 0; count < 10; count++)
        expect((await ask('/samples', { method: 'POST', body: jws })).status).toBe(409);
    });
    expect(again).toEqual({ read: 0, written: 0 });
  });

  it('are none for what callers ask', async () => {
    const rows = await countRows(async () => {
      for (const path of ['/time', '/health', '/keys', '/', '/samples?limit=5'])
        expect((await startIsolate()(path)).status).toBe(200);
    });
    expect(rows).toEqual({ read: 5, written: 0 });
  });

  it('are none for an object that starts again', async () => {
    const size = () =>
      runInDurableObject(
        stub(),
        (_object, { storage }) => storage.sql.exec('SELECT total_changes()').raw().next().value,
      );
    await evictDurableObject(stub());
    expect(await size()).toEqual([0]);
  });
});

describe('the log', () => {
  it('keeps as many as it may, the newest, in their order', async () => {
    const gateway = await createGateway();
    for (let count = 0; count < PUBLIC_LOG + 3; count++) await gateway.post(ask);
    const log = await (await ask(`/samples?limit=${PUBLIC_LOG}`)).json<{ jws: string; outcome: string }[]>();
    const sequences = log.map(
      ({ jws }) => JSON.parse(atob(jws.split('.')[1]?.replace(/-/g, '+').replace(/_/g, '/') ?? '')).sequence,
    );
    expect(sequences).toEqual(Array.from({ length: PUBLIC_LOG }, (_, index) => PUBLIC_LOG + 2 - index));
    const rows = await runInDurableObject(stub(), (_object, { storage }) =>
      storage.sql.exec('SELECT count(*) AS n FROM log').one(),
    );
    expect(rows).toEqual({ n: PUBLIC_LOG });
  });

  it('lets go of the oldest where it is told to keep fewer', async () => {
    await runInDurableObject(stub(), (_object, { storage: { sql } }) => {
      for (let count = 0; count < 5; count++)
        sql.exec("INSERT INTO log (jws, received_unix_ms, outcome) VALUES ('of a longer log', 0, 'kept')");
    });
    await evictDurableObject(stub());
    const log = await (await ask(`/samples?limit=${PUBLIC_LOG}`)).json<{ jws: string }[]>();
    expect(
      log
        .map(({ jws }) => jws)
        .slice(0, 6)
        .filter((jws) => jws === 'of a longer log'),
    ).toHaveLength(5);
    const rows = await runInDurableObject(stub(), (_object, { storage }) =>
      storage.sql.exec('SELECT count(*) AS n FROM log').one(),
    );
    expect(rows).toEqual({ n: PUBLIC_LOG });
  });
});
