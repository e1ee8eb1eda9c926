/** `node ask-signed.ts ORIGIN X`: asks an edge as a caller would who has pinned a gateway's key. Prints what came of it, as JSON. */
import { randomBytes } from 'node:crypto';
import { importGatewayKey } from '#contract/gateway-keys.ts';
import { openAnswer } from '#contract/signed-answer.ts';
import { unixNanos } from '#contract/time.ts';
import { GATEWAY_ID } from './gateway-config.ts';

const [origin = '', x = ''] = process.argv.slice(2);
const nonce = randomBytes(24).toString('base64url');
const response = await fetch(`${origin}/time?format=jws&nonce=${nonce}`);
const keys = new Map([await importGatewayKey(GATEWAY_ID, x)]);
const answer = await openAnswer(await response.text(), keys, { nonce, origin, floor: unixNanos(0n) });
console.log(JSON.stringify({ hostYear: new Date().getFullYear(), ...answer }));
