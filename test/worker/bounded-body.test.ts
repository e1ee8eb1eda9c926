import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBounded } from '../../worker/bounded-body.ts';

const requestWith = (body: BodyInit | null) => new Request('https://edge.test/', { method: 'POST', body });

/** As it comes in over a network: by and by. */
const arriving = (chunks: readonly Uint8Array[]): Request => {
  const { readable, writable } = new IdentityTransformStream();
  const send = async (): Promise<void> => {
    const writer = writable.getWriter();
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  };
  send().catch(() => {}); // who reads has turned away
  return requestWith(readable);
};

describe('a body is read', () => {
  it('whole up to the limit, and not at all beyond it, however it comes', async () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), fc.nat(120), async (chunks, most) => {
        const whole = Uint8Array.from(chunks.flatMap((bytes) => [...bytes]));
        expect(await readBounded(arriving(chunks), most)).toEqual(whole.length <= most ? whole : undefined);
      }),
    );
  });

  it('as none where there is none', async () => {
    for (const none of [null, '', new Uint8Array()]) expect(await readBounded(requestWith(none), 5)).toHaveLength(0);
  });

  it('no further than a byte beyond the limit', async () => {
    let sent = 0;
    const pull = (controller: ReadableByteStreamController): void => {
      sent += 100;
      controller.enqueue(new Uint8Array(100));
    };
    expect(await readBounded(requestWith(new ReadableStream({ type: 'bytes', pull })), 1_000)).toBeUndefined();
    expect(sent).toBeLessThan(1_500);
  });

  it('or the failure to read it is told', async () => {
    const broken = new ReadableStream({ type: 'bytes', pull: (controller) => controller.error(new Error('gone')) });
    await expect(readBounded(requestWith(broken), 5)).rejects.toThrow('gone');
  });
});
