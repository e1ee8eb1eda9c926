/** `--watch`: a page on a terminal, asked for and drawn again each second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { whyUnanswered } from '../io/control.ts';
import { SetupError } from '../io/setup-error.ts';
import { frameOf } from '../status/screen.ts';

const EVERY_MS = 1_000;

/** Another screen, so that what stood on the terminal comes back; and no cursor that would jump about on it. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** Without the terminal's own reading of keys, Ctrl-C is one of them. */
const ENDING = ['q', '\x03'];

/** @param ask - undefined where no daemon answers: what it said last stays, with that beside it. @throws SetupError without a terminal. */
export const watch = async (title: string, stateDir: string, ask: () => Promise<string | undefined>): Promise<void> => {
  const { stdin, stdout } = process;
  if (!stdout.isTTY) throw new SetupError('--watch is for a terminal; elsewhere ask again, with --json');

  let page = '';
  let missing: string | undefined;
  const draw = (): void => {
    const head = missing ? `NO ANSWER: ${missing}` : `${title}, each second; Ctrl-C or q ends it`;
    stdout.write(frameOf(`${head}\n\n${page}`, stdout.columns, stdout.rows));
  };
  const restore = (): void => {
    stdout.write(LEAVE);
    if (stdin.isTTY) stdin.setRawMode(false);
  };
  const stop = (): void => {
    restore();
    process.exit(0);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop).once('SIGHUP', stop);
  if (stdin.isTTY) stdin.setRawMode(true).on('data', (keys) => ENDING.some((key) => keys.includes(key)) && stop());
  stdout.on('resize', draw).write(ENTER);
  try {
    for (;;) {
      const answer = await ask();
      page = answer ?? page;
      missing = answer === undefined ? whyUnanswered(stateDir) : undefined;
      draw();
      await sleep(EVERY_MS);
    }
  } finally {
    restore();
  }
};
