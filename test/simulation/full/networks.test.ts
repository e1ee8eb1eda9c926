import { NETWORKS } from '../scenarios/networks.ts';
import { testScenarios } from '../test-scenarios.ts';

testScenarios(NETWORKS);
