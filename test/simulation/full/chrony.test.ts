import { CHRONY } from '../scenarios/chrony.ts';
import { testScenarios } from '../test-scenarios.ts';

testScenarios(CHRONY);
