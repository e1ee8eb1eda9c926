/** Asks the gateway again and again while somebody looks. */

const EVERY_MS = 2_000;
/** A gateway that takes longer is not there, as far as a page can tell. */
const PATIENCE_MS = 5_000;

export const ask = async <Answer>(path: string): Promise<Answer> => {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return (await response.json()) as Answer;
};

/** @param round - asks all there is to ask. @param hear - its answers, or undefined where there were none. */
export const keepAsking = <Answers>(
  round: () => Promise<Answers>,
  hear: (answers: Answers | undefined) => void,
): void => {
  let timer: ReturnType<typeof setTimeout>;
  let isUnderWay = false;
  const next = async (): Promise<void> => {
    clearTimeout(timer);
    if (isUnderWay || document.hidden) return; // a page that is shown again asks at once
    isUnderWay = true;
    const answers = await round().catch(() => undefined);
    isUnderWay = false;
    timer = setTimeout(next, EVERY_MS);
    hear(answers);
  };
  document.addEventListener('visibilitychange', next);
  void next();
};
