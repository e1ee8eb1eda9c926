/** [server] of a configuration in which nothing of it is written, and one that listens. */
import type { Endpoint, ServerConfig } from '../../ntp-gateway/config.ts';

export const NO_SERVER: ServerConfig = { listen: [], threads: 'auto', allow: [], deny: [], smear: false };

export const listeningOn = (...listen: readonly Endpoint[]): ServerConfig => ({ ...NO_SERVER, listen });
