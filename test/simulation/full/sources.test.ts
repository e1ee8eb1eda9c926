import { SOURCES } from '../scenarios/sources.ts';
import { testScenarios } from '../test-scenarios.ts';

testScenarios(SOURCES);
