/** What the figures were measured on. */
import { arch, availableParallelism, cpus, release, type } from 'node:os';
import { runChild } from '../support/child.ts';
import { findChronyd, required } from '../support/peers.ts';

/** @param use - how its cores are used, where that is not the system's business. */
export const machine = async (use?: string): Promise<string> => {
  const { stdout } = await runChild(required(findChronyd()), ['--version']);
  const [, chronyd = ''] = /version (\S+)/.exec(stdout) ?? [];
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim()})${use ? `, ${use}` : ''}`;
  return `${cores}; ${type()} ${release()} ${arch()}; Node ${process.versions.node}; chronyd ${chronyd}`;
};
