/** Why a reply of a server that is to authenticate itself does not count, and why there are no keys to ask it with. */

export type AuthenticationRefusal =
  /** It carries nothing that would authenticate it. */
  | 'unauthenticated'
  /** Its NTS fields are not as RFC 8915 §5 has them. */
  | 'malformed-nts'
  /** The unique identifier is not that of the request under way: another's reply, or an old one. */
  | 'wrong-identifier'
  | 'bad-authenticator'
  /** NTSN, RFC 8915 §5.7: anybody could have said it, so it is a hint. */
  | 'nts-nak'
  /** It tells a time at which its certificate does not hold. */
  | 'certificate-time'
  /** A MAC by a key other than the one that this source is bound to. */
  | 'wrong-key'
  | 'bad-mac'
  /** That it does not know our key, or our MAC is not good, RFC 5905 §9.2: a hint, as above. */
  | 'crypto-nak';

/** Why the other end of a TLS connection is not believed to be who was meant. */
export type CertificateRefusal = 'certificate-untrusted' | 'certificate-name' | 'certificate-time';

export type KeyExchangeRefusal =
  | 'unreachable'
  | 'timeout'
  /** TLS 1.3 did not come about. */
  | 'tls'
  /** The server does not speak `ntske/1`. */
  | 'alpn'
  | CertificateRefusal
  /** More octets, records or cookies than any server has reason to send. */
  | 'too-long'
  | 'malformed'
  | 'critical-record'
  /** RFC 8915 §4.1.3 and §4.1.4: what the server answered instead. */
  | 'error'
  | 'warning'
  /** It took none of what we offered. */
  | 'protocol'
  | 'aead'
  | 'no-cookies'
  /** The NTP server that it names has no address, or is one that another source asks already. */
  | 'unresolved'
  | 'duplicate';
