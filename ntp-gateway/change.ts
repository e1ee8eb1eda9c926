/** What the log tells: a change of state that an operator wants to know of. */

/** What a line of the log is about: a word for each state that may change. docs/gateway.md says what to do about each. */
export type ChangeEvent =
  | 'started'
  | 'stopped'
  | 'reload'
  | 'page-for-all'
  | 'synchronization'
  | 'jump'
  | 'source-name'
  | 'source-reach'
  | 'source-verdict'
  | 'source-keys'
  | 'source-refused'
  | 'source-left'
  | 'publish'
  | 'system-clock'
  | 'system-clock-step'
  | 'edge-check'
  | 'leap-file'
  | 'leap-not-believed'
  | 'certificate'
  | 'certificate-out-of-date'
  | 'weak-key'
  | 'key'
  | 'thread-failed'
  | 'thread-well'
  | 'one-thread'
  | 'file-damaged'
  | 'state-dir'
  | 'recording-ended'
  | 'measurement-log'
  | 'service-manager';

/** A change of state that an operator wants to know of: never one packet. `msg` stands by itself; the fields say it to programs. */
export type Change = {
  readonly event: ChangeEvent;
  /** `info` unless somebody should see to it. */
  readonly level?: 'info' | 'warn';
  readonly msg: string;
  /** Whose state it is, where there are several. */
  readonly source?: string;
  readonly edge?: string;
  readonly file?: string;
  /** Units in the names. Of the log's own: `time`. */
  readonly [field: string]: string | number | boolean | undefined;
};
