/** What vitest's JSON report says, counted so that nothing can fail unseen. */
import { relative } from 'node:path';

export type Tally = { readonly passed: number; readonly failed: number; readonly skipped: readonly string[] };

type Report = {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

/**
 * @param json - undefined where vitest wrote none.
 * @param isGood - whether vitest itself ended with exit code 0.
 * @returns at least one failure where it did not, or where it found no test: a file that does not load and an error
 *   outside of all tests are no failed test, but they make a failed run.
 */
export const tally = (json: string | undefined, isGood: boolean, root: string): Tally => {
  const { testResults } = json === undefined ? { testResults: [] } : (JSON.parse(json) as Report);
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failedTests = tests.filter(({ status }) => status === 'failed').length;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = failedTests + brokenFiles;
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: failed === 0 && (!isGood || tests.length === 0) ? 1 : failed,
    skipped: testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status !== 'passed' && status !== 'failed')
        .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
    ),
  };
};
