/** What checks signatures, apart: who has pinned no key does not load it. */
export { openAnswer } from '#contract/signed-answer.ts';
export { fetchGatewayKey } from './gateway-key.ts';
