/** What each refusal means, for people. */
import type { ExchangeRefusal } from '../exchange.ts';

export type Refusal = ExchangeRefusal | 'contradiction';

export const REFUSALS: Readonly<Record<Refusal, string>> = {
  offline: 'This device has no network, as it says itself.',
  unreachable: 'The edge cannot be reached.',
  timeout: 'The edge did not answer within five seconds.',
  'certificate-untrusted': 'The certificate is not one that this device trusts.',
  'certificate-name': 'The certificate is for another name.',
  'certificate-time': 'The certificate is out of date.',
  'not-an-edge':
    'Something else answered in place of the edge: a network that wants a login first, perhaps, or a proxy.',
  redirected: 'Something on the way sends this page elsewhere: a network that wants a login first, perhaps.',
  cached: 'The answer came out of a cache, and was to somebody else’s question.',
  'no-time': 'The edge does not know the time well enough to tell it.',
  'too-many-requests': 'The edge has been asked too often from this address.',
  malformed: 'The answer was not what an edge says.',
  'too-long': 'The answer was longer than any that an edge gives.',
  'wrong-nonce': 'The answer was to another question: somebody repeats an old one.',
  'unknown-key': 'No gateway that holds the key that you pinned vouches for this edge.',
  revoked:
    'The key that you pinned is given up, since it was stolen, or may have been. Ask the gateway for another one.',
  'bad-signature': 'The signature does not fit what was said: it was altered, or forged.',
  'wrong-audience': 'What was signed is for another edge than this.',
  'outside-delegation': 'The gateway’s word for this edge does not stand for the time that it tells.',
  'went-back': 'The edge tells a time that has certainly passed already.',
  contradiction: 'No time fits all answers: what is certain is wider until they agree again.',
};
