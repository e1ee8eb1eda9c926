/** Files that cannot be used as they are now, while what was read of them before goes on: each is said once, and shown until it is over. */
const faults = new Map<string, string>();

/** @returns whether that is news. */
export const noteFault = (path: string, fault: string): boolean => {
  const isNews = faults.get(path) !== fault;
  faults.set(path, fault);
  return isNews;
};

/** It can be used, or nobody wants to any more. @returns whether it had a fault. */
export const endFault = (path: string): boolean => faults.delete(path);

/** Why, by path. */
export const fileFaults = (): Readonly<Record<string, string>> => Object.fromEntries(faults);
