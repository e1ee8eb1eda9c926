/** What each word of a refusal means to a person, and to the shell. */
import type { AskRefusal } from './ask.ts';
import { printable } from './terminal.ts';

export const EXIT = { good: 0, no: 1, usage: 2, unreached: 3 } as const;

/** `no`: somebody answered, and is not believed. `unreached`: no time was to be had. */
type Meaning = readonly [exit: 'no' | 'unreached', text: string];

const MEANINGS: Readonly<Record<AskRefusal, Meaning>> = {
  offline: ['unreached', 'this host is offline'],
  unreachable: ['unreached', 'no answer comes from there'],
  timeout: ['unreached', 'no whole answer came in time; see --timeout'],
  'too-long': ['unreached', 'no edge’s answer is that long'],
  'not-an-edge': ['unreached', 'something else answers there, such as a portal that wants a login'],
  redirected: ['unreached', 'it sends callers elsewhere; nothing was asked there: name that URL, if it is meant'],
  cached: ['unreached', 'a proxy gave an answer to an earlier question'],
  'no-time': ['unreached', 'the edge does not know the time well enough to tell it; its /health says why'],
  'too-many-requests': ['unreached', 'the edge was asked too often from this address; try again in a minute'],
  jumped: ['unreached', 'this host slept as it asked, or its clock was set; ask again'],
  'certificate-untrusted': [
    'no',
    'no authority that is believed here has signed for whoever ends TLS there; --ca names another',
  ],
  'certificate-name': ['no', 'whoever ends TLS there has a certificate for another name'],
  'certificate-time': ['no', 'whoever ends TLS there has a certificate that is out of date'],
  malformed: ['no', 'the answer is not one that an edge gives'],
  'unknown-key': ['no', 'the pinned gateway does not vouch for it'],
  revoked: ['no', 'the pinned key is given up: it was stolen, or may have been; pin another one of that gateway’s'],
  'bad-signature': ['no', 'the signature does not fit'],
  'wrong-audience': ['no', 'it is signed for another origin'],
  'wrong-nonce': ['no', 'it is the answer to another question'],
  'outside-delegation': ['no', 'it tells a time at which no gateway vouches for its key'],
  'went-back': ['no', 'it tells a time that has certainly passed'],
  contradiction: ['no', 'two answers in a row cannot both be true'],
};

export const WORDS = Object.keys(MEANINGS) as readonly AskRefusal[];

export type Refused = { readonly reason: AskRefusal; readonly detail?: string };

export const exitOf = ({ reason }: Refused): number => EXIT[MEANINGS[reason][0]];

/** What to look at first, where Node gives one of these for the reason. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no host of that name is known',
  EAI_AGAIN: 'the name could not be looked up; is this host online?',
  ECONNREFUSED: 'nothing listens there, or at the proxy where one is set; is the port right?',
  EHOSTUNREACH: 'there is no way to it from this host',
  ENETUNREACH: 'there is no way to it from this host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS is spoken there; is it an http URL?',
  HPE_INVALID_CONSTANT: 'no HTTP is spoken there; is the port right?',
};

export const refusalText = ({ reason, detail = '' }: Refused): string =>
  `${reason}${detail && ` (${printable(detail)})`}: ${(Object.hasOwn(CAUSES, detail) && CAUSES[detail]) || MEANINGS[reason][1]}`;
