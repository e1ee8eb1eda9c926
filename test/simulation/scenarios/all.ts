/** Every scenario that our clock is judged by. */
import { CHRONY } from './chrony.ts';
import { HOSTS } from './hosts.ts';
import { NETWORKS } from './networks.ts';
import type { Scenario } from './scenario.ts';
import { SOURCES } from './sources.ts';

export const SCENARIOS: readonly Scenario[] = [...NETWORKS, ...CHRONY, ...SOURCES, ...HOSTS];
