/** Why nobody answered, where this platform tells no more. */

/** `offline` is certain: a device that calls itself online may have a cable that leads nowhere. */
export const noAnswer = ({ aborted }: AbortSignal): 'offline' | 'timeout' | 'unreachable' => {
  const { navigator } = globalThis as { readonly navigator?: { readonly onLine?: boolean } };
  if (navigator?.onLine === false) return 'offline';
  return aborted ? 'timeout' : 'unreachable';
};
