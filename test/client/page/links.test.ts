import { expect, it } from 'vitest';
import { lastAfter, linksOf, type Vouching } from '../../../client/page/links.ts';
import { REFUSALS, type Refusal } from '../../../client/page/refusals.ts';

const EDGE = { protocol: 'https:', hostname: 'time.example.org', isPinned: false, last: undefined } as const;
const marks = (over: Partial<Vouching>) => linksOf({ ...EDGE, ...over }).map(({ name, mark }) => `${name} ${mark}`);
const pinned = (last: Vouching['last']) => marks({ isPinned: true, last }).slice(1);

it.each([
  ['https:', 'time.example.org', 'good'],
  ['https:', 'localhost', 'good'],
  ['http:', 'localhost', 'open'],
  ['http:', '127.0.0.1', 'open'],
  ['http:', '[::1]', 'open'],
  ['http:', 'time.example.org', 'bad'],
  ['http:', '127.0.0.1.example.org', 'bad'],
  ['http:', 'localhost.example.org', 'bad'],
])('%s//%s is a connection of which all hangs: %s', (protocol, hostname, mark) => {
  expect(marks({ protocol, hostname })[0]).toBe(`Connection ${mark}`);
});

it('calls nothing good that it has not seen', () => {
  expect(marks({})).toEqual(['Connection good', 'Sources open', 'Signature open']);
  expect(marks({ last: 'unreachable' })).toEqual(['Connection good', 'Sources open', 'Signature open']);
  expect(marks({ last: { isSynchronized: true } })[1]).toBe('Sources good');
  expect(marks({ last: { isSynchronized: false } })[1]).toBe('Sources bad');
  expect(pinned(undefined).every((link) => link.endsWith('open'))).toBe(true);
});

it('calls every link good once an answer was verified', () => {
  expect(pinned({ isSynchronized: true })).toEqual([
    'Key good',
    'Delegation good',
    'Answer good',
    'Nonce good',
    'Floor good',
  ]);
});

it.each<[Refusal, string, readonly string[]]>([
  ['unknown-key', 'Key', []],
  ['malformed', 'Answer', []],
  ['bad-signature', 'Answer', ['Key']],
  ['wrong-audience', 'Delegation', ['Key', 'Answer']],
  ['wrong-nonce', 'Nonce', ['Key', 'Answer']],
  ['outside-delegation', 'Delegation', ['Key', 'Answer', 'Nonce']],
  ['went-back', 'Floor', ['Key', 'Delegation', 'Answer', 'Nonce']],
])('%s breaks %s, after %j held', (reason, broken, held) => {
  expect(pinned(reason).filter((link) => link.endsWith('bad'))).toEqual([`${broken} bad`]);
  expect(pinned(reason).filter((link) => link.endsWith('good'))).toEqual(held.map((name) => `${name} good`));
});

it('breaks no link by an answer that never was', () => {
  for (const reason of ['unreachable', 'timeout', 'not-an-edge', 'redirected', 'cached', 'no-time'] as const)
    expect(pinned(reason).every((link) => link.endsWith('open'))).toBe(true);
});

it('leaves the links of the answer alone that the time rests on, unless one is found broken', () => {
  const good = { isSynchronized: true };
  expect(lastAfter(good, 'offline', true)).toBe(good);
  expect(lastAfter(good, 'contradiction', true)).toBe(good);
  expect(lastAfter(good, 'bad-signature', true)).toBe('bad-signature');
  expect(lastAfter(good, 'offline', false)).toBe('offline');
  expect(lastAfter('bad-signature', 'timeout', true)).toBe('timeout');
  expect(lastAfter(undefined, 'timeout', true)).toBe('timeout');
});

it('says of each link what is so, and not what was to be', () => {
  const texts = (last: Vouching['last']) =>
    Object.fromEntries(linksOf({ ...EDGE, isPinned: true, last }).map(({ name, text }) => [name, text]));
  expect(texts('wrong-nonce')).toMatchObject({
    Key: 'a gateway that holds the key that you pinned vouches',
    Nonce: 'in answer to another question than this page’s',
    Floor: 'not looked at, as another link is broken',
  });
  expect(texts('timeout').Floor).toBe('no answer yet to look at');
  for (const broken of ['unknown-key', 'bad-signature', 'wrong-audience', 'wrong-nonce', 'went-back'] as const)
    for (const { name, mark, text } of linksOf({ ...EDGE, isPinned: true, last: broken }))
      expect(mark === 'good', text).toBe(text === texts({ isSynchronized: true })[name]);
});

it('has a sentence for each word', () => {
  for (const [word, sentence] of Object.entries(REFUSALS)) {
    expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
    expect(sentence).not.toContain(word);
  }
});
