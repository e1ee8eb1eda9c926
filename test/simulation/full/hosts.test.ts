import { HOSTS } from '../scenarios/hosts.ts';
import { testScenarios } from '../test-scenarios.ts';

testScenarios(HOSTS);
