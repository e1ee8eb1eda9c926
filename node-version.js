// Plain JavaScript, so that an older Node can say what is missing instead of stumbling over the first type.
import process from 'node:process';

const WANTED = 26;
const got = process.versions.node;
if (Number.parseInt(got, 10) !== WANTED) {
  console.error(
    `noonmark: this is Node ${got}, and it runs on Node ${WANTED}, which \`npm ci\` brings along. ` +
      'Run that first, without --omit=optional; on a platform that it has no binary for, install Node 26 yourself.',
  );
  process.exit(2);
}
