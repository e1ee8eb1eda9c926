/** The settings that the Worker under test runs with. Both keys are public, private halves and all. */

/** RFC 8032 §7.1, tests 1 and 2; the first is also RFC 8037's. */
export const PRIVATE_KEYS = {
  'gw-1': {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  },
  'gw-2': {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
    x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  },
} as const;

/** Of an address, in place of the thousands of wrangler.toml. */
export const ANSWERS_PER_MINUTE = 60;

export const edgeVariables = {
  GATEWAY_KEYS: Object.fromEntries(Object.entries(PRIVATE_KEYS).map(([gateway, { x }]) => [gateway, x])),
  QUORUM: 1,
  PUBLIC_LOG: 20,
};
