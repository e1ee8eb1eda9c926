/** What carries a host's requests to the servers, and their replies back. */
import { after } from '#contract/time.ts';
import type { Ports } from '../../ntp-gateway/ports.ts';
import { randomFrom } from '../support/dice.ts';
import type { Host } from './host.ts';
import type { SimulatedServer } from './server.ts';
import type { Timeline } from './timeline.ts';

export const makeNetwork = (
  { now, at }: Timeline,
  { mono, whenAwake }: Host,
  servers: Readonly<Record<string, SimulatedServer>>,
  seed: number,
): Ports['ask'] => {
  /** Of each server its own, so that its day is the same whatever is asked of others. */
  const dice = new Map(Object.keys(servers).map((address) => [address, randomFrom(seed, address)]));
  return ({ address }, bytes, sent, heard) => {
    let open = true;
    const request = Uint8Array.from(bytes);
    at(now(), () => {
      if (!open) return;
      sent(mono());
      const server = servers[address];
      if (!server) return;
      const path = dice.get(address)!;
      for (const arrival of server.travel(path, now())) {
        at(after(now(), arrival), () => {
          for (const { bytes: reply, delay, stranger = false } of server.answer(request, now(), path)) {
            whenAwake(after(now(), delay), () => {
              if (open) heard({ bytes: reply, receivedAt: mono(), fromServer: !stranger });
            });
          }
        });
      }
    });
    return () => {
      open = false;
    };
  };
};
