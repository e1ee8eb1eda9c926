/** The Durable Object that stands in one region for the one that keeps the samples. */
import { DurableObject } from 'cloudflare:workers';
import { readSettings } from './env.ts';
import type { Knower, Knowledge } from './keeper.ts';
import { timekeeper } from './objects.ts';
import type { Bindings } from './ports.ts';
import { randomName } from './random-name.ts';
import { createCopy } from './regional-copy.ts';

/** In memory alone: its next life has another clock, so that nothing it could have stored would tie the two together. */
export class RegionalCopyObject extends DurableObject<Bindings> implements Knower {
  readonly #knowledge = createCopy(
    randomName,
    readSettings({ ...this.env }),
    () => Date.now(),
    () => timekeeper(this.env).knowledge(),
  );

  async knowledge(): Promise<Knowledge> {
    return this.#knowledge();
  }
}
