/** What must happen when this test process ends, however it ends: vitest ends its workers by SIGTERM. */
const tasks: (() => void)[] = [];

process.once('SIGTERM', () => process.exit(143));
process.once('exit', () => {
  for (const task of tasks) task();
});

/** @param task - must not wait for anything: nothing is awaited any more. */
export const atExit = (task: () => void): void => {
  tasks.push(task);
};
