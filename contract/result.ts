/** What a function that may refuse gives back. A refusal is one word, the same in code, counters and problem documents. */
export type Result<Value, Reason extends string> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: Reason; readonly detail?: string };

export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value });

/** @param detail - which part was wrong, for the person who sent it. Never holds the input itself. */
export const refuse = <Reason extends string>(
  reason: Reason,
  detail?: string,
): { readonly ok: false; readonly reason: Reason; readonly detail?: string } =>
  detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
