/** Of the specification, github.com/fernet/spec: generate.json, verify.json and invalid.json; and one of Keystone's. */

export const MADE = [
  {
    name: 'generate.json',
    token: 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    madeAt: '1985-10-26T08:20:00Z',
  },
  {
    name: 'generate.json, without padding',
    token: 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA',
    madeAt: '1985-10-26T08:20:00Z',
  },
  // What is wrong with these is for the holder of the key to find.
  {
    name: 'invalid.json, incorrect mac',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    madeAt: '1985-10-26T08:20:01Z',
  },
  {
    name: 'invalid.json, payload padding error',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
    madeAt: '1985-10-26T08:20:01Z',
  },
  {
    name: 'invalid.json, far-future TS',
    token: 'gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==',
    madeAt: '1985-10-26T18:20:01Z',
  },
  {
    name: 'openstack/keystone, api-ref/source/v2-ext/samples/OS-KSEC2/authenticate-response.json',
    token:
      'gAAAAABadMZfZa_PZNOSi5iQoqPZ1b-VIo2Gnlf4Z_oJotw8qTh1Yv8_CFysOnoxRIrfFI-EcrErdJM2CrP7o6aDNR5AbfnFtSN_zgzzesEWaOaQkoLpk9X1lLada2KcQpWAeNafjNYSiP7JFjW6N4ngAm9U7egUW6MwUPPxi5e8igR5DtNc0FU',
    madeAt: '2018-02-02T20:13:19Z',
  },
];

export const REFUSED = [
  {
    name: 'invalid.json, too short',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==',
    detail: 'length',
  },
  {
    name: 'invalid.json, payload size not multiple of block size',
    token: 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
    detail: 'length',
  },
  {
    name: 'invalid.json, invalid base64',
    token: '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    detail: 'neither a JWT nor a Fernet token',
  },
  {
    name: 'invalid.json, trailing characters after b64 padding',
    token:
      'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==trailingdata',
    detail: 'neither a JWT nor a Fernet token',
  },
  {
    name: 'invalid.json, invalid non-urlsafe characters in b64',
    token: 'gAAAAAAdwJ6wAAEC/AwQFBgcICQoLDA0ODy+021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    detail: 'neither a JWT nor a Fernet token',
  },
  {
    name: 'another version',
    token: 'gQAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    detail: 'neither a JWT nor a Fernet token',
  },
  {
    name: 'made at a time that no calendar has',
    token: 'gP__________AAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    detail: 'timestamp',
  },
  { name: 'no block of ciphertext', token: `gAAAAAAdwJ6x${'A'.repeat(64)}`, detail: 'length' },
  { name: 'nothing', token: '', detail: 'neither a JWT nor a Fernet token' },
];
