/** The key exchange server, as the main thread sees it: a thread that is told of all that changes. */
import { randomFillSync } from 'node:crypto';
import { newClientMemory } from '../protocol/client-table.ts';
import { keyExchangesOf, newKeyExchangeCounters } from '../protocol/key-exchange-counters.ts';
import type { Changing, KeyExchangeData } from './key-exchanges.ts';
import { type Listener, startListener } from './listener.ts';

export type KeyExchangeServer = Listener<Changing> & { readonly counters: () => Readonly<Record<string, number>> };

/** What 512 connections take, and as much again; what TLS takes is not counted here. */
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

/** @throws SetupError where an address cannot be listened on. */
export const serveKeyExchanges = async (
  data: Pick<KeyExchangeData, 'listen' | 'port'> & Changing,
): Promise<KeyExchangeServer> => {
  const counters = newKeyExchangeCounters();
  const constant = { counters, clients: newClientMemory(), clientsKey: randomFillSync(new Int32Array(2)) };
  const thread = await startListener<KeyExchangeData, Changing>(
    { program: 'key-exchange', what: 'key exchanges', task: 'exchanges keys', limits: LIMITS },
    { ...data, ...constant },
  );
  return { ...thread, counters: () => keyExchangesOf(counters) };
};
