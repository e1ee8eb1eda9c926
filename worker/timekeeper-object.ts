/** The Durable Object, one for all gateways: what is kept, the log of samples, the key behind every nonce, the edge's own keys. */
import { DurableObject } from 'cloudflare:workers';
import type { Verified } from '#contract/jws.ts';
import type { KeySuccession } from '#contract/key-succession.ts';
import { ok, refuse } from '#contract/result.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { type Bytes, sha256 } from '#contract/web-platform.ts';
import { createClockName } from './clock-name.ts';
import { readSettings } from './env.ts';
import type { Keeper, Knowledge, LogEntry, ObjectReading, Offered, Post, Receipt, Succeeded } from './keeper.ts';
import type { Kept } from './kept.ts';
import { speaking } from './key-chain.ts';
import { openKeyChains } from './key-chains.ts';
import { openKeyring } from './keyring.ts';
import { randomName } from './random-name.ts';
import { onlyGiven } from './reading-nonce.ts';
import { openSuspects } from './suspects.ts';
import { afterRefusal, boundedNow, type KeepRefusal, keep, type Suspicion } from './timekeeper.ts';

/**
 * Under the public key, not the id alone: a gateway whose key was exchanged or withdrawn takes nothing along, least of
 * all an epoch that the thief of its key has pushed to the end. One whose keys have followed each other goes on under the
 * first. The number goes up when `Kept` changes its form.
 */
const keptUnder = (gateway: string, x: string): string => `kept 4 ${gateway} ${x}`;

/** In characters: of the samples of one gateway that delegates nothing, some 1500. */
export const MOST_LOGGED_TOLD = 4 * 1024 * 1024;

export class TimekeeperObject extends DurableObject implements Keeper {
  readonly #settings = readSettings({ ...this.env });
  readonly #nameAt = createClockName(randomName, this.#settings.rules.objectLag / 1e6);
  readonly #cacheSecret = crypto.getRandomValues(new Uint8Array(32));
  readonly #kept = new Map<string, Kept>();
  readonly #readingSecret: Bytes;
  readonly #chains = openKeyChains(this.ctx.storage.kv, this.#settings.gatewayKeys);
  readonly #keyring = openKeyring(this.ctx.storage.kv, this.#chains.vouches);
  /** By gateway, the key that what it has said is kept under; of those that may speak. */
  readonly #under = new Map(
    Object.keys(this.#settings.gatewayKeys).flatMap((gateway) => {
      const { since, end } = this.#chains.of(gateway)!;
      return end ? [] : [[gateway, since] as const];
    }),
  );
  readonly #suspects = openSuspects(this.ctx.storage.kv, this.#under);

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    const { kv, sql } = state.storage;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, jws TEXT, received_unix_ms INTEGER, outcome TEXT)',
    );
    sql.exec('DELETE FROM log WHERE id <= (SELECT max(id) FROM log) - ?', this.#settings.publicLog);
    for (const [gateway, since] of this.#under) {
      const kept = kv.get<Kept>(keptUnder(gateway, since));
      if (kept) this.#kept.set(gateway, kept);
    }
    const known = kv.get<Bytes>('reading-key');
    this.#readingSecret = known ?? crypto.getRandomValues(new Uint8Array(32));
    if (!known) kv.put('reading-key', this.#readingSecret); // an object that is often put away starts often
  }

  async keep(jws: string, sample: Verified<TimeSample>, offered: Offered, post: Post): Promise<Receipt> {
    const hash = await sha256(jws);
    const answered = await onlyGiven(sample.readings, this.#readingSecret);
    const pair = await this.#keyring.renew(Date.now());

    // From here to the last write nothing is awaited: no other post comes between the look and the write.
    const reading = this.#read();
    const { objectUnixMs } = reading;
    const arrival = { ...post, ...reading, sample, sha256: hash, answered };
    const x = this.#chains.speaks(sample.gateway, post.gatewayKey) ? post.gatewayKey : undefined;
    const known = [...this.#kept.values()];
    const kept = x === undefined ? refuse('unknown-key') : keep(known, arrival, this.#settings.rules);
    const isAccused = !kept.ok && isSuspicion(kept.reason) && this.#suspects.accuse(sample, kept.reason);
    if (isAccused) this.#write(jws, objectUnixMs, kept.reason);
    const next = kept.ok ? kept.value : afterRefusal(kept.reason, known, arrival, this.#settings.rules);
    if (x !== undefined && next) {
      this.#kept.set(sample.gateway, next);
      this.ctx.storage.kv.put(keptUnder(sample.gateway, this.#under.get(sample.gateway)!), next);
    }
    if (x !== undefined && kept.ok) {
      this.#chains.heard(sample.gateway, x);
      this.#suspects.clear(sample.gateway);
      this.#write(jws, objectUnixMs, 'kept');
    }

    // While the gateways have not bounded our clock, nothing says whether a delegation is of now.
    const proven = kept.ok ? boundedNow([...this.#kept.values()], arrival, this.#settings.rules) : undefined;
    const { gateway } = sample;
    const wanted =
      x !== undefined && proven
        ? this.#keyring.vouch({ gateway, gatewayKey: x, origin: post.origin, proven, offered }, objectUnixMs, pair)
        : [];

    const { epoch, sequence } = this.#kept.get(sample.gateway) ?? {};
    return {
      reading: kept.ok ? ok({ sampleSha256: hash, ...reading, secret: this.#readingSecret }) : kept,
      isNews: kept.ok || isAccused,
      place: epoch === undefined || sequence === undefined ? undefined : { epoch, sequence },
      wanted,
      knowledge: await this.knowledge(),
    };
  }

  async succeed(jws: string, word: Verified<KeySuccession>): Promise<Succeeded> {
    const { gateway } = word;
    const before = this.#chains.known()[gateway];
    const succeeded = this.#chains.succeed(word, jws);
    if (this.#chains.of(gateway)?.end) this.#kept.delete(gateway);
    const root = this.#settings.gatewayKeys[gateway]!;
    return {
      outcome: succeeded.ok ? ok(speaking(succeeded.value, root)) : succeeded,
      isNews: this.#chains.known()[gateway] !== before,
      knowledge: await this.knowledge(),
    };
  }

  async knowledge(): Promise<Knowledge> {
    return {
      ...this.#read(),
      exchanges: [],
      gatewayKeys: this.#settings.gatewayKeys,
      chains: this.#chains.known(),
      gateways: [...this.#kept.values()],
      suspicions: this.#suspects.suspicions(),
      edge: this.#keyring.known(),
      cacheSecret: this.#cacheSecret,
    };
  }

  /** The newest first, and no more than may be told at once: anybody may ask, several times at once, and memory is 128 MB. */
  async log(limit: number): Promise<readonly LogEntry[]> {
    const entries: LogEntry[] = [];
    let left = MOST_LOGGED_TOLD;
    for (const entry of this.ctx.storage.sql.exec<LogEntry>(
      'SELECT jws, received_unix_ms AS receivedUnixMs, outcome FROM log ORDER BY id DESC LIMIT ?',
      limit,
    )) {
      left -= entry.jws.length;
      if (left < 0) break;
      entries.push(entry);
    }
    return entries;
  }

  #read(): ObjectReading {
    const objectUnixMs = Date.now();
    return { object: this.#nameAt(objectUnixMs), objectUnixMs };
  }

  /** Where the log is full, the oldest row becomes the newest: that is one row written, where one in and one out are two. */
  #write(jws: string, receivedUnixMs: number, outcome: LogEntry['outcome']): void {
    const { sql } = this.ctx.storage;
    const { rowsWritten } = sql.exec(
      `UPDATE log SET id = (SELECT max(id) FROM log) + 1, jws = ?, received_unix_ms = ?, outcome = ?
        WHERE id = (SELECT min(id) FROM log) AND id <= (SELECT max(id) FROM log) + 1 - ?`,
      jws,
      receivedUnixMs,
      outcome,
      this.#settings.publicLog,
    );
    if (rowsWritten === 0)
      sql.exec('INSERT INTO log (jws, received_unix_ms, outcome) VALUES (?, ?, ?)', jws, receivedUnixMs, outcome);
  }
}

const isSuspicion = (reason: KeepRefusal | 'unknown-key'): reason is Suspicion =>
  reason === 'forked' || reason === 'future' || reason === 'stale';
