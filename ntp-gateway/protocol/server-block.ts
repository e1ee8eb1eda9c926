/** What lies where in the block of memory in which our NTP server authenticates requests and replies. */
import { FIELD_HEAD } from '../wire/extension-field.ts';
import { HEADER_SIZE } from '../wire/ntp-packet.ts';
import { AES_SIV_CMAC_256, keySizeOf, MOST_COOKIES } from '../wire/nts.ts';
import { MAX_TRAILER_SIZE } from '../wire/trailer.ts';
import { cookieSizeOf } from './nts-cookie.ts';

const MOST_OCTETS = HEADER_SIZE + MAX_TRAILER_SIZE;

/** The request that is looked at. */
export const REQUEST = 0;
/** What was sealed in it, or a digest. */
export const SCRATCH = REQUEST + MOST_OCTETS;
/** The keys of the client who asks. */
export const KEYS = SCRATCH + MOST_OCTETS;
const PLACES = KEYS + 2 * keySizeOf(AES_SIV_CMAC_256);
/** Of the longest cookies, in fields. */
const MOST_PLAIN = MOST_COOKIES * (FIELD_HEAD + cookieSizeOf(AES_SIV_CMAC_256));
const PLACE_SIZE = MOST_OCTETS + MOST_PLAIN;

export const blockSizeFor = (places: number): number => PLACES + places * PLACE_SIZE;
/** Where one of the replies is that are under way at once. */
export const replyAt = (place: number): number => PLACES + place * PLACE_SIZE;
/** And what is to be sealed in it. */
export const plainAt = (place: number): number => replyAt(place) + MOST_OCTETS;
