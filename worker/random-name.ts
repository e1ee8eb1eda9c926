/** A name for one life of an isolate or of the object, so that no two clocks are taken for one. */
import { base64url } from '#contract/web-platform.ts';

/** 72 bits. Not at module scope: there are no dice before the first request. */
export const randomName = (): string => base64url(crypto.getRandomValues(new Uint8Array(9)));

/** 128 bits, for a question that only its own answer may answer. */
export const randomNonce = (): string => base64url(crypto.getRandomValues(new Uint8Array(16)));
