/** What the threads of key-exchange.ts are told. */
export type KeyExchangeOrder = {
  readonly port: number;
  /** From `GO` on; 0: until `count` are done. */
  readonly seconds: number;
  /** 0: until the time is over. */
  readonly count: number;
  readonly shared: Int32Array<SharedArrayBuffer>;
};

/** In `shared`: how many threads are ready, whether they may go, how many exchanges have begun, how many are done. */
export const [READY, GO, BEGUN, ANSWERED, WORDS] = [0, 1, 2, 3, 4];
