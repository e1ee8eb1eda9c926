/** Who vouches for the time on the page, link by link, after each answer or refusal. */
import type { Refusal } from './refusals.ts';

/** `good` and `bad` were looked at; `open` was not, or cannot be. */
export type Mark = 'good' | 'bad' | 'open';
export type Link = { readonly name: string; readonly mark: Mark; readonly text: string };

/** What is known of the connection and of the last answer to it. */
export type Vouching = {
  readonly protocol: string;
  readonly hostname: string;
  readonly isPinned: boolean;
  readonly last: Last;
};

/** The last answer: none yet, a good one, or why it was refused. */
export type Last = undefined | { readonly isSynchronized: boolean } | Refusal;

/** A refusal that breaks no link says nothing against the answer that the time still rests on. */
export const lastAfter = (last: Last, refusal: Refusal, hasTime: boolean): Last =>
  hasTime && typeof last === 'object' && !BROKEN[refusal] ? last : refusal;

export const linksOf = (vouching: Vouching): readonly Link[] => [
  tls(vouching),
  ...(vouching.isPinned ? chain(vouching) : unsigned(vouching)),
];

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const tls = ({ protocol, hostname }: Vouching): Link => {
  const name = 'Connection';
  if (protocol === 'https:') return { name, mark: 'good', text: `TLS, to the holder of ${hostname}’s certificate` };
  return LOOPBACK.test(hostname)
    ? { name, mark: 'open', text: 'plain HTTP that does not leave this machine' }
    : { name, mark: 'bad', text: 'plain HTTP: anybody on the way can alter it' };
};

const unsigned = ({ last }: Vouching): readonly Link[] => [
  sources(typeof last === 'object' ? last.isSynchronized : undefined),
  { name: 'Signature', mark: 'open', text: 'none was asked for: with a key pinned below, each answer is verified' },
];

const sources = (isSynchronized: boolean | undefined): Link => {
  const name = 'Sources';
  if (isSynchronized === undefined) return { name, mark: 'open', text: 'no answer yet to say' };
  return isSynchronized
    ? { name, mark: 'good', text: 'the gateway says that it hears its sources of time' }
    : { name, mark: 'bad', text: 'the gateway reaches no source, and repeats its own clock' };
};

const CHAIN = {
  key: {
    name: 'Key',
    good: 'a gateway that holds the key that you pinned vouches',
    bad: 'no gateway that holds the key that you pinned vouches for this edge',
  },
  delegation: {
    name: 'Delegation',
    good: 'for this edge’s key, at this address and at this time',
    bad: 'what it vouches for is another address, or another time',
  },
  answer: { name: 'Answer', good: 'signed by that key of the edge', bad: 'not signed by a key of the edge' },
  nonce: {
    name: 'Nonce',
    good: 'in answer to the question that this page drew just now',
    bad: 'in answer to another question than this page’s',
  },
  floor: {
    name: 'Floor',
    good: 'and not before the latest time that was ever verified here',
    bad: 'before the latest time that was ever verified here',
  },
} as const;
type ChainLink = keyof typeof CHAIN;

/** What each refusal breaks, and what had held by then, in the order in which `openAnswer` looks. Others break no link: nothing was looked at. */
const BROKEN: Partial<Record<Refusal, { readonly bad: ChainLink; readonly good: readonly ChainLink[] }>> = {
  'unknown-key': { bad: 'key', good: [] },
  revoked: { bad: 'key', good: [] },
  malformed: { bad: 'answer', good: [] },
  'bad-signature': { bad: 'answer', good: ['key'] },
  'wrong-audience': { bad: 'delegation', good: ['key', 'answer'] },
  'wrong-nonce': { bad: 'nonce', good: ['key', 'answer'] },
  'outside-delegation': { bad: 'delegation', good: ['key', 'answer', 'nonce'] },
  'went-back': { bad: 'floor', good: ['key', 'delegation', 'answer', 'nonce'] },
};

const chain = ({ last }: Vouching): readonly Link[] => {
  const broken = typeof last === 'string' ? BROKEN[last] : undefined;
  const markOf = (link: ChainLink): Mark => {
    if (typeof last === 'object') return 'good';
    if (broken?.bad === link) return 'bad';
    return broken?.good.includes(link) ? 'good' : 'open';
  };
  const open = broken ? 'not looked at, as another link is broken' : 'no answer yet to look at';
  return (Object.keys(CHAIN) as ChainLink[]).map((link) => {
    const mark = markOf(link);
    return { name: CHAIN[link].name, mark, text: mark === 'open' ? open : CHAIN[link][mark] };
  });
};
