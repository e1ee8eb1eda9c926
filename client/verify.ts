/** What checks signatures, apart: who has pinned no key does not load it. */
export { findGatewayKey } from '#contract/jwk-set.ts';
export { openAnswer } from '#contract/signed-answer.ts';
