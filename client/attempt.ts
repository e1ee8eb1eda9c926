/** For what may fail for reasons of its own: @returns undefined where it did. */
export const attempt = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch {
    return undefined;
  }
};
