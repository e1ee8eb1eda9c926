/** What others published, of what the interface of two components can say: associated data and a nonce. */

type Vector = {
  readonly source: string;
  readonly algorithm: 15 | 30;
  readonly key: string;
  readonly nonce: string;
  readonly associated: string;
  readonly plain: string;
  /** As the algorithm orders them: of AES-SIV the tag comes first. */
  readonly sealed: string;
};

const [ONE, TWO, THREE, FOUR, FIVE] = [1, 2, 3, 4, 5].map((n) => `0${n}${'00'.repeat(15)}`);
const SIMPLE = { key: ONE!, nonce: '030000000000000000000000' };

/** RFC 8452 C.1: AEAD_AES_128_GCM_SIV. */
const GCM_SIV = [
  { ...SIMPLE, associated: '', plain: '', sealed: 'dc20e2d83f25705bb49e439eca56de25' },
  { ...SIMPLE, associated: '', plain: '0100000000000000', sealed: 'b5d839330ac7b786578782fff6013b815b287c22493a364c' },
  {
    ...SIMPLE,
    associated: '',
    plain: '010000000000000000000000',
    sealed: '7323ea61d05932260047d942a4978db357391a0bc4fdec8b0d106639',
  },
  {
    ...SIMPLE,
    associated: '',
    plain: ONE!,
    sealed: '743f7c8077ab25f8624e2e948579cf77303aaf90f6fe21199c6068577437a0c4',
  },
  {
    ...SIMPLE,
    associated: '',
    plain: `${ONE}${TWO}`,
    sealed: '84e07e62ba83a6585417245d7ec413a9fe427d6315c09b57ce45f2e3936a94451a8e45dcd4578c667cd86847bf6155ff',
  },
  {
    ...SIMPLE,
    associated: '',
    plain: `${ONE}${TWO}${THREE}`,
    sealed: `3fd24ce1f5a67b75bf2351f181a475c7b800a5b4d3dcf70106b1eea82fa1d64df42bf7226122fa92e17a40eeaac1201b
      5e6e311dbf395d35b0fe39c2714388f8`,
  },
  {
    ...SIMPLE,
    associated: '',
    plain: `${ONE}${TWO}${THREE}${FOUR}`,
    sealed: `2433668f1058190f6d43e360f4f35cd8e475127cfca7028ea8ab5c20f7ab2af02516a2bdcbc08d521be37ff28c152bba
      36697f25b4cd169c6590d1dd39566d3f8a263dd317aa88d56bdf3936dba75bb8`,
  },
  {
    ...SIMPLE,
    associated: '01',
    plain: '0200000000000000',
    sealed: '1e6daba35669f4273b0a1a2560969cdf790d99759abd1508',
  },
  {
    ...SIMPLE,
    associated: '01',
    plain: '020000000000000000000000',
    sealed: '296c7889fd99f41917f4462008299c5102745aaa3a0c469fad9e075a',
  },
  {
    ...SIMPLE,
    associated: '01',
    plain: TWO!,
    sealed: 'e2b0c5da79a901c1745f700525cb335b8f8936ec039e4e4bb97ebd8c4457441f',
  },
  {
    ...SIMPLE,
    associated: '01',
    plain: `${TWO}${THREE}`,
    sealed: '620048ef3c1e73e57e02bb8562c416a319e73e4caac8e96a1ecb2933145a1d71e6af6a7f87287da059a71684ed3498e1',
  },
  {
    ...SIMPLE,
    associated: '01',
    plain: `${TWO}${THREE}${FOUR}`,
    sealed: `50c8303ea93925d64090d07bd109dfd9515a5a33431019c17d93465999a8b0053201d723120a8562b838cdff25bf9d1e
      6a8cc3865f76897c2e4b245cf31c51f2`,
  },
  {
    ...SIMPLE,
    associated: '01',
    plain: `${TWO}${THREE}${FOUR}${FIVE}`,
    sealed: `2f5c64059db55ee0fb847ed513003746aca4e61c711b5de2e7a77ffd02da42feec601910d3467bb8b36ebbaebce5fba3
      0d36c95f48a3e7980f0e7ac299332a80cdc46ae475563de037001ef84ae21744`,
  },
  {
    ...SIMPLE,
    associated: '010000000000000000000000',
    plain: '02000000',
    sealed: 'a8fe3e8707eb1f84fb28f8cb73de8e99e2f48a14',
  },
  {
    ...SIMPLE,
    associated: `${ONE}0200`,
    plain: `${THREE}04000000`,
    sealed: '6bb0fecf5ded9b77f902c7d5da236a4391dd029724afc9805e976f451e6d87f6fe106514',
  },
  {
    ...SIMPLE,
    associated: `${ONE}02000000`,
    plain: `${THREE}0400`,
    sealed: '44d0aaf6fb2f1f34add5e8064e83e12a2adabff9b2ef00fb47920cc72a0c0f13b9fd',
  },
  {
    key: 'e66021d5eb8e4f4066d4adb9c33560e4',
    nonce: 'f46e44bb3da0015c94f70887',
    associated: '',
    plain: '',
    sealed: 'a4194b79071b01a87d65f706e3949578',
  },
  {
    key: '36864200e0eaf5284d884a0e77d31646',
    nonce: 'bae8e37fc83441b16034566b',
    associated: '46bb91c3c5',
    plain: '7a806c',
    sealed: 'af60eb711bd85bc1e4d3e0a462e074eea428a8',
  },
  {
    key: 'aedb64a6c590bc84d1a5e269e4b47801',
    nonce: 'afc0577e34699b9e671fdd4f',
    associated: 'fc880c94a95198874296',
    plain: 'bdc66f146545',
    sealed: 'bb93a3e34d3cd6a9c45545cfc11f03ad743dba20f966',
  },
  {
    key: 'd5cc1fd161320b6920ce07787f86743b',
    nonce: '275d1ab32f6d1f0434d8848c',
    associated: '046787f3ea22c127aaf195d1894728',
    plain: '1177441f195495860f',
    sealed: '4f37281f7ad12949d01d02fd0cd174c84fc5dae2f60f52fd2b',
  },
  {
    key: 'b3fed1473c528b8426a582995929a149',
    nonce: '9e9ad8780c8d63d0ab4149c0',
    associated: 'c9882e5386fd9f92ec489c8fde2be2cf97e74e93',
    plain: '9f572c614b4745914474e7c7',
    sealed: 'f54673c5ddf710c745641c8bc1dc2f871fb7561da1286e655e24b7b0',
  },
  {
    key: '2d4ed87da44102952ef94b02b805249b',
    nonce: 'ac80e6f61455bfac8308a2d4',
    associated: '2950a70d5a1db2316fd568378da107b52b0da55210cc1c1b0a',
    plain: '0d8c8451178082355c9e940fea2f58',
    sealed: 'c9ff545e07b88a015f05b274540aa183b3449b9f39552de99dc214a1190b0b',
  },
  {
    key: 'bde3b2f204d1e9f8b06bc47f9745b3d1',
    nonce: 'ae06556fb6aa7890bebc18fe',
    associated: '1860f762ebfbd08284e421702de0de18baa9c9596291b08466f37de21c7f',
    plain: '6b3db4da3d57aa94842b9803a96e07fb6de7',
    sealed: '6298b296e24e8cc35dce0bed484b7f30d5803e377094f04709f64d7b985310a4db84',
  },
  {
    key: 'f901cfe8a69615a93fdf7a98cad48179',
    nonce: '6245709fb18853f68d833640',
    associated: '7576f7028ec6eb5ea7e298342a94d4b202b370ef9768ec6561c4fe6b7e7296fa859c21',
    plain: 'e42a3c02c25b64869e146d7b233987bddfc240871d',
    sealed: '391cc328d484a4f46406181bcd62efd9b3ee197d052d15506c84a9edd65e13e9d24a2a6e70',
  },
].map((row, i): Vector => ({ source: `RFC 8452 C.1, ${i + 1}`, algorithm: 30, ...row }));

/** Project Wycheproof, aead_aes_siv_cmac_test.json, by their numbers there: RFC 5297 has one with both components, and a third. */
const SIV = [
  {
    number: 1,
    key: '99b62bd5afbe3fb015bde93f0abf483957a1c3eb3ca59cb50b39f7f8a9cc51be',
    nonce: '9a59fce26df0005e07538656',
    associated: '',
    plain: '42baae5978feaf5c368d14e0',
    sealed: 'a0af48acda004da55c4203c232a31891 e1ecc93df9106e6bd3007a9d',
  },
  {
    number: 3,
    key: '422add37849d6e4c3dfd8020dc6a07e8a249788f3d6a83b9cb4d802362c97542',
    nonce: '1e7e67be948de7352ffdb727',
    associated: '',
    plain: 'd7f5e611dd3a2750fb843fc1b6b93087310dc87d',
    sealed: '066aa1cd1bf0d6610c77449c3a0831f6 5dd65bbf40e9c27b2cff4eb9bfd237177b582f74',
  },
  {
    number: 4,
    key: 'cb5575f5c7c45c91cf320b139fb594237560d0a3e6f865a67d4f633f2c08f016',
    nonce: '1a6518f02ede1da6809266d9',
    associated: '89cce9fb47441d07e0245a66fe8b778b',
    plain: '623b7850c321e2cf0c6fbcc8dfd1aff2',
    sealed: '417fbdd7ceb644b75fc380a1839b6de0 fd36ffae57f6c269b710560cda8cbf49',
  },
  {
    number: 7,
    key: 'eb2278745939dacc07a157425b147c8e6036c47f56d182e7221f7645903d5b3d',
    nonce: '19476b0f523b8e4066c79466',
    associated: 'f5',
    plain: '24150140e7c72d755c2d1a5d',
    sealed: '41b3ed98b1f61840df01826375fc792e c7259a9da07588dd00cf6fed',
  },
  {
    number: 13,
    key: 'b35e51c8a26c2ff1dc725859c1250c2c72784f76b2da925c722d10ba9be90c71',
    nonce: '43bca13e81c36a2e393df602',
    associated: 'c813e9200180048f52b4cb3c5d3a1e762874b328e44cff115940ab9986dc4740da19cf034d4f4930',
    plain: '1edc1252c3a8badacb268446',
    sealed: '6aa407e55a25fa405c84669c48ad0571 4350b4f4b7b889972039124d',
  },
  {
    number: 14,
    key: 'ec23c7ca157af267fa3bb7bf8da082f07519e12270343dc3561874d0fbd3b34b',
    nonce: 'cee161cc77d6f601b436f768',
    associated: `6ff015cb65f7359f0ec7a7da41877f1e375dc87f22ff11125772c3254f1ddb74
      8dab20aec199490010d811085d1366bc4fd72d0b6899e4ec0a96b46d7debcf`,
    plain: '',
    sealed: '0e063f0b0f1b3beae83d8a332a42f3a4',
  },
].map(({ number, ...row }): Vector => ({ source: `Wycheproof AES-SIV ${number}`, algorithm: 15, ...row }));

export const AEAD_VECTORS: readonly Vector[] = [...GCM_SIV, ...SIV];

/** RFC 5297: one component, and three with the nonce as the last. */
export const RFC_5297 = [
  {
    source: 'A.1',
    key: 'fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff',
    components: ['10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627'],
    plain: '11223344 55667788 99aabbcc ddee',
    sealed: '85632d07 c6e8f37f 950acd32 0a2ecc93 40c02b96 90c4dc04 daef7f6a fe5c',
  },
  {
    source: 'A.2',
    key: '7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f',
    components: [
      '00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988 77665544 33221100',
      '10203040 50607080 90a0',
      '09f91102 9d74e35b d84156c5 635688c0',
    ],
    plain: `74686973 20697320 736f6d65 20706c61 696e7465 78742074 6f20656e 63727970 74207573 696e6720
      5349562d 414553`,
    sealed: `7bdb6e3b 432667eb 06f4d14b ff2fbd0f cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663
      b7a3f748 ba8af829 ea64ad54 4a272e9c 485b62a3 fd5c0d`,
  },
] as const;
