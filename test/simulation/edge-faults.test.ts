import { seconds } from '#contract/time.ts';
import { describeEdgeFaults } from './edge-faults.ts';

describeEdgeFaults(seconds(1_200));
