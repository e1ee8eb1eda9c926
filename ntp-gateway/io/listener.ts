/** A thread that listens, as the main thread sees it: told of all that changes, and started again where it fails. */
import type { ListenFault } from './listening.ts';
import { cannotListen } from './setup-error.ts';
import { type Kind, keepThread, type Thread } from './threads.ts';

export type Listener<Changing> = {
  readonly follow: (changed: Partial<Changing>) => void;
  readonly close: () => void;
};

/** @param what - is listened for: for messages. @throws SetupError where an address cannot be listened on. */
export const startListener = async <Data extends Changing, Changing>(
  { what, ...kind }: Kind & { readonly what: string },
  data: Data,
): Promise<Listener<Changing>> => {
  let newest = data;
  let thread: Thread<Partial<Changing>> | undefined;
  const close = (): void => void thread?.stop(true);
  try {
    const fault = await new Promise<ListenFault | undefined>((resolve, reject) => {
      thread = keepThread(
        kind,
        () => newest,
        (first) => {
          if ('error' in first) return reject(first.error);
          const fault = first.message as ListenFault | undefined;
          resolve(fault);
          if (fault) thread!.fail(); // after a start the addresses may be another's for a while
        },
      );
    });
    if (fault) throw cannotListen(fault.host, fault.port, fault, what);
  } catch (error) {
    close();
    throw error;
  }
  return {
    follow: (changed) => {
      newest = { ...newest, ...changed };
      thread!.tell(changed);
    },
    close,
  };
};
