/** An association with NTS: when it asks for keys, and which replies count. */
import { describe, expect, it } from 'vitest';
import { ok, refuse } from '#contract/result.ts';
import {
  after,
  between,
  type MonoNanos,
  milliseconds,
  monoNanos,
  seconds,
  type UnixNanos,
  unixNanos,
} from '#contract/time.ts';
import { type Association, newAssociation, stepAssociation } from '../../../ntp-gateway/protocol/association.ts';
import type { AssociationAction, AssociationEvent } from '../../../ntp-gateway/protocol/association-event.ts';
import type { KeyOutcome, KeysAgreed } from '../../../ntp-gateway/protocol/keys.ts';
import { encodePacket, type NtpPacket } from '../../../ntp-gateway/wire/ntp-packet.ts';
import { ntpFromUnix } from '../../../ntp-gateway/wire/ntp-timestamp.ts';
import { AES_SIV_CMAC_256 } from '../../../ntp-gateway/wire/nts.ts';
import { NOON, ntpReply } from '../../support/ntp-reply.ts';

const config = { minPoll: 6, maxPoll: 6, burst: false, interleaved: false, authentication: 'nts' } as const;
const START = monoNanos(1_000_000_000_000n);
const YEAR = 31_557_600n * 1_000_000_000n;
const AGREED: KeysAgreed = {
  algorithm: AES_SIV_CMAC_256,
  cookies: 8,
  server: { address: '192.0.2.7', port: 123, referenceId: 7 },
  validity: { earliest: unixNanos(NOON - YEAR), latest: unixNanos(NOON + YEAR) },
  isRemembered: false,
};

/** Lives an association's life second by second: `at` is seconds after the start. */
const live = (keys: (n: number) => KeyOutcome = () => ok(AGREED), jitter = 0) => {
  let state: Association = newAssociation(config);
  let [now, wakeAt] = [START, START];
  const [exchanges, asked]: [number[], number[]] = [[], []];
  const since = (): number => between(START, now) / 1e9;
  const happen = (event: AssociationEvent): readonly AssociationAction[] => {
    const [next, actions] = stepAssociation(state, event);
    state = next;
    for (const action of actions) {
      if (action.kind === 'wake') wakeAt = action.at;
      if (action.kind === 'send') asked.push(since());
      if (action.kind === 'exchange-keys') {
        exchanges.push(since());
        happen({ kind: 'keys', now, jitter, outcome: keys(exchanges.length) });
      }
    }
    return actions;
  };
  const dice = () => ({ nonce: 0x0123_4567_89ab_cdefn, secondNonce: 1n, jitter: 0 });
  return {
    exchanges,
    asked,
    state: () => state,
    happen,
    /** Until the next request is under way, or `until` has come. */
    untilAsked: (until = 1e6): void => {
      do {
        now = wakeAt;
        if (since() > until) return;
        happen({ kind: 'due', now, ...dice() });
      } while (!state.question);
    },
    reply: (
      authentication?: 'authentic' | 'unauthenticated' | 'bad-authenticator' | 'nts-nak' | 'wrong-identifier',
      time: UnixNanos = NOON,
      cookies = 8,
      kiss?: Partial<NtpPacket>,
    ): readonly AssociationAction[] => {
      const stamps = { receiveTimestamp: ntpFromUnix(time), transmitTimestamp: ntpFromUnix(time), ...kiss };
      return happen({
        kind: 'datagram',
        receivedAt: after(now, milliseconds(1)),
        approximately: time,
        bytes: encodePacket(ntpReply(stamps)),
        fromServer: true,
        ...(authentication && { authentication, cookies }),
      });
    },
  };
};
const kinds = (actions: readonly AssociationAction[]): string[] => actions.map(({ kind }) => kind);

describe('keys', () => {
  it('come before the first question, and each question takes a cookie', () => {
    const server = live();
    server.untilAsked();
    expect(server.exchanges).toEqual([0]);
    expect(server.asked).toEqual([0]);
    expect(server.state().keys).toMatchObject({ cookies: 7, isExchanging: false, agreed: AGREED });
    expect(kinds(server.reply('authentic', NOON, 8))).toEqual(['close', 'measured']);
    expect(server.state().keys).toMatchObject({ cookies: 8, fruitless: 0 });
  });

  it('are waited for, whoever else wants the server asked meanwhile', () => {
    const due = { kind: 'due', now: START, nonce: 1n, secondNonce: 2n, jitter: 0 } as const;
    const [exchanging, first] = stepAssociation(newAssociation(config), due);
    expect(first).toEqual([{ kind: 'exchange-keys' }]);
    expect(stepAssociation(exchanging, due)).toEqual([exchanging, []]);
  });

  it('are waited for, though there are others that are still good for a request', () => {
    const due = { kind: 'due', now: START, nonce: 1n, secondNonce: 2n, jitter: 0 } as const;
    const fresh = newAssociation(config);
    const stale = { ...fresh, keys: { ...fresh.keys!, cookies: 3, isStale: true } };
    const [exchanging, first] = stepAssociation(stale, due);
    expect(first).toEqual([{ kind: 'exchange-keys' }]);
    expect(stepAssociation(exchanging, due)).toEqual([exchanging, []]);
  });

  it('that nobody asked for are not taken', () => {
    const event = { kind: 'keys', now: START, jitter: 0, outcome: ok(AGREED) } as const;
    const idle = newAssociation(config);
    expect(stepAssociation(idle, event)).toEqual([idle, []]);
  });

  it('that cannot be had are asked for ever less often, down to once in nine hours', () => {
    const server = live(() => refuse('tls', 'version'));
    server.untilAsked(300_000);
    const waits = server.exchanges.slice(1).map((at, i) => at - server.exchanges[i]!);
    expect(waits.slice(0, 13)).toEqual([16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 32_768]);
    expect(server.asked).toEqual([]);
    expect(server.state().keys?.fault).toEqual({ reason: 'tls', detail: 'version' });
    expect(server.state().counters).toEqual({ 'key-exchange': server.exchanges.length });
  });

  it('of a server that cannot be reached are asked for once in 17 minutes, and less often if it then turns us away', () => {
    const server = live((n) => refuse(n <= 12 || n === 15 ? 'unreachable' : 'tls'));
    server.untilAsked(30_000);
    const waits = server.exchanges.slice(1).map((at, i) => at - server.exchanges[i]!);
    expect(waits.slice(0, 16)).toEqual([16, 32, 64, 128, 256, 512, ...Array(7).fill(1024), 2048, 1024, 4096]);
  });

  it('are asked for later by those whose dice fall high', () => {
    const server = live(() => refuse('unreachable'), 0.5);
    server.untilAsked(100);
    expect(server.exchanges).toEqual([0, 20, 60]);
  });

  it('take the fault of the exchange before with them', () => {
    const server = live((n) => (n === 1 ? refuse('timeout') : ok(AGREED)));
    server.untilAsked();
    expect(server.exchanges).toEqual([0, 16]);
    expect(server.state().keys?.fault).toBeUndefined();
  });

  it('are exchanged anew after eight requests without a reply', () => {
    const server = live();
    for (let i = 0; i < 9; i++) server.untilAsked();
    expect(server.exchanges).toHaveLength(2);
    expect(server.asked).toHaveLength(9);
    expect(server.state().keys?.cookies).toBe(7);
  });
});

describe('a reply', () => {
  it.each(['unauthenticated', 'bad-authenticator', 'wrong-identifier'] as const)(
    'that is %s teaches nothing',
    (word) => {
      const server = live();
      server.untilAsked();
      expect(server.reply(word)).toEqual([{ kind: 'dropped', reason: word }]);
      expect(server.state()).toMatchObject({ reach: 0, counters: { [word]: 1 }, keys: { cookies: 7 } });
    },
  );

  it('of which nobody said that it is authentic is not', () => {
    const server = live();
    server.untilAsked();
    expect(server.reply()).toEqual([{ kind: 'dropped', reason: 'unauthenticated' }]);
  });

  it.each([
    { name: 'before', time: unixNanos(NOON - YEAR - 1n) },
    { name: 'after', time: unixNanos(NOON + YEAR + 1n) },
  ])('of a time $name its certificates hold is not believed', ({ time }) => {
    const server = live();
    server.untilAsked();
    expect(server.reply('authentic', time)).toEqual([{ kind: 'dropped', reason: 'certificate-time' }]);
  });

  it('NTSN counts for nothing beside an authentic one', () => {
    const server = live();
    server.untilAsked();
    server.reply('nts-nak');
    server.reply('authentic');
    for (let i = 0; i < 3; i++) server.untilAsked(); // two are lost
    expect(server.exchanges).toEqual([0]);
    expect(server.state().counters).toMatchObject({ 'nts-nak': 1, measured: 1 });
  });

  it('of a time at which its certificates no longer hold brings new keys by the next poll, under back-off', () => {
    const server = live();
    server.untilAsked();
    server.reply('authentic');
    for (let i = 0; i < 2; i++) {
      server.untilAsked();
      server.reply('authentic', unixNanos(NOON + YEAR + 1n));
    }
    expect(server.exchanges).toHaveLength(2);
    for (let i = 0; i < 10; i++) {
      server.untilAsked();
      server.reply('authentic', unixNanos(NOON + YEAR + 1n));
    }
    const waits = server.exchanges.slice(1).map((at, i) => at - server.exchanges[i]!);
    expect(waits.length).toBeGreaterThan(3);
    for (const [i, wait] of waits.slice(1).entries()) expect(wait).toBeGreaterThanOrEqual(16 * 2 ** i);
  });

  it('that is authentic brings cookies, whatever else it says', () => {
    const server = live();
    server.untilAsked();
    expect(server.reply('authentic', NOON, 8, { stratum: 0, referenceId: 0x52415445 })).toEqual([
      { kind: 'dropped', reason: 'kiss-rate' },
    ]);
    expect(server.state().keys).toMatchObject({ cookies: 8 });
  });

  it('NTSN alone brings new keys, once nothing better has come; until then it is asked with those that there are', () => {
    const server = live();
    server.untilAsked();
    server.reply('nts-nak');
    expect(server.exchanges).toEqual([0]);
    while (server.exchanges.length < 2) server.untilAsked();
    const next = server.asked.at(-1)!;
    expect(server.exchanges).toEqual([0, next]);
    expect(server.asked.filter((at) => at < next).length).toBeGreaterThan(3);
    expect(next).toBeGreaterThanOrEqual(16); // no exchange follows another sooner
    expect(next).toBeLessThan(20);
    expect(server.state().keys).toMatchObject({ cookies: 7, isDoubted: false, isStale: false });
  });

  it('NTSN, and an end to the exchange that it brings about, take no keys away; nor does their use end the back-off', () => {
    const server = live((n) => (n === 1 ? ok(AGREED) : refuse('tls')));
    server.untilAsked();
    server.reply('authentic');
    for (let i = 0; i < 2; i++) {
      server.untilAsked();
      server.reply('nts-nak');
    }
    expect(server.exchanges).toHaveLength(2);
    expect(server.asked.at(-1)).toBe(server.exchanges[1]);
    server.reply('authentic', after(NOON, seconds(64)));
    expect(server.state()).toMatchObject({
      counters: { measured: 2 },
      keys: {
        cookies: 8,
        isStale: false,
        fault: { reason: 'tls' },
        fruitless: 1,
        exchangeFrom: after(START, seconds(server.exchanges[1]! + 16)),
      },
    });
  });

  it('NTSN of a server that has answered since the exchange brings new keys after one timeout', () => {
    const server = live();
    server.untilAsked();
    server.reply('authentic');
    server.untilAsked();
    server.reply('nts-nak');
    server.untilAsked();
    expect(server.exchanges).toEqual([0, expect.any(Number)]);
    expect(server.exchanges[1]).toBeLessThan(16);
  });

  it('NTSN to what an earlier run remembered brings new keys after one timeout', () => {
    const server = live((n) => ok({ ...AGREED, isRemembered: n === 1 }));
    server.untilAsked();
    server.reply('nts-nak');
    server.untilAsked();
    expect(server.exchanges).toEqual([0, expect.any(Number)]);
    expect(server.exchanges[1]).toBeLessThan(16);
  });

  it('NTSN that is all that ever comes makes no more exchanges than other faults', () => {
    const server = live();
    for (let i = 0; i < 10; i++) {
      server.untilAsked();
      server.reply('nts-nak');
    }
    const waits = server.exchanges.slice(1).map((at, i) => at - server.exchanges[i]!);
    for (const [i, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual(16 * 2 ** i);
  });
});

it('of a server with a symmetric key must be authentic too, and needs no exchange', () => {
  const due = { kind: 'due', now: START, nonce: 0x0123_4567_89ab_cdefn, secondNonce: 2n, jitter: 0 } as const;
  const [asked, actions] = stepAssociation(newAssociation({ ...config, authentication: 'key' }), due);
  expect(kinds(actions)).toEqual(['send', 'wake']);
  const reply = {
    kind: 'datagram',
    receivedAt: after<MonoNanos>(START, milliseconds(10)),
    approximately: NOON,
    bytes: encodePacket(ntpReply()),
    fromServer: true,
  } as const;
  expect(stepAssociation(asked, reply)[1]).toEqual([{ kind: 'dropped', reason: 'unauthenticated' }]);
  expect(stepAssociation(asked, { ...reply, authentication: 'bad-mac' })[1]).toEqual([
    { kind: 'dropped', reason: 'bad-mac' },
  ]);
  expect(kinds(stepAssociation(asked, { ...reply, authentication: 'authentic' })[1])).toEqual(['close', 'measured']);
});
