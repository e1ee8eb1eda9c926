/** `noonmark stamp`: lines with the time at which they came, and logs that were stamped so in one order. */
import { createReadStream } from 'node:fs';
import { type AskOptions, askEdge } from './ask.ts';
import { watchLosses } from './losses.ts';
import { openOutput, sayRefused } from './output.ts';
import { EXIT } from './refusals.ts';
import { jsonPiece, plainPiece } from './stamp/forms.ts';
import { mergeLogs, NotStamped, STAMP_SIZE } from './stamp/merge-logs.ts';
import { stampLines } from './stamp/stamp-lines.ts';
import { asking, complain, printable, showProgress } from './terminal.ts';

export const stamp = async (url: URL, options: AskOptions & { readonly json?: true }): Promise<void> => {
  const asked = await showProgress(asking(url.origin), askEdge(url, options));
  if (!asked.ok) return sayRefused(url.origin, asked, options.json);
  const { clock, close } = asked.value;
  if (clock.isSynchronized) {
    watchLosses(clock, (loss) =>
      complain(loss ? `${loss.text}; until that is better, the bounds widen` : 'the time is known again'),
    );
    await stampLines(process.stdin, {
      clock,
      form: options.json ? jsonPiece : (piece, { earliest, latest }) => plainPiece(piece, `${earliest} ${latest} `),
      write: openOutput(),
    });
  } else {
    complain(`${url.origin}: its time comes from no source: nothing is certain`);
    process.exitCode = EXIT.no;
  }
  close();
};

export const merge = async (files: readonly string[], { json }: { readonly json?: true }): Promise<void> => {
  const write = openOutput();
  const logs = files.map((file) => ({ name: printable(file), octets: createReadStream(file) }));
  try {
    await mergeLogs(logs, (piece, { name: log, isCertain, earliest, latest } = NOWHERE) => {
      if (!json) return write(plainPiece(piece, `${isCertain ? '<' : '~'} ${log} `));
      const octets = piece.begins ? piece.octets.subarray(STAMP_SIZE) : piece.octets;
      return write(jsonPiece({ ...piece, octets }, { certain: isCertain, log, earliest, latest }));
    });
  } catch (error) {
    const isUnread = error instanceof Error && 'syscall' in error;
    if (!isUnread && !(error instanceof NotStamped)) throw error;
    complain(printable(error.message));
    process.exitCode = isUnread ? EXIT.usage : EXIT.no;
  }
};

/** Of a piece that begins no line. */
const NOWHERE = { name: '', isCertain: false, earliest: '', latest: '' };
