/** What answers NTP requests: there are two that do, and the same is to be had of both. */
import type { ServerConfig } from '../config.ts';
import type { NtpServer } from '../ports.ts';
import type { ServerKeys } from '../protocol/server-keys.ts';

export type NtpEngine = NtpServer & {
  /** Who may ask and how often, from now on. */
  readonly follow: (server: ServerConfig) => void;
  /** By which requests are authenticated from now on, and replies. */
  readonly followKeys: (keys: ServerKeys) => void;
};

/** @throws SetupError where an address cannot be listened on; then on none. */
export type OpenNtpEngine = (server: ServerConfig, lines: SharedArrayBuffer, keys: ServerKeys) => Promise<NtpEngine>;
