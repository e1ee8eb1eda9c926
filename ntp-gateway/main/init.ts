/** `init`: a first configuration and the gateway's key, on whatever host this is. */
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir, hostname, networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { faultText, parseConfig } from '../config/parse.ts';
import { LEAP_FILE, templateText } from '../config/template.ts';
import { createFile, openStateDir } from '../io/files.ts';
import { loadOrCreateKey } from '../io/keys.ts';
import { attempt, SetupError } from '../io/setup-error.ts';

export type InitOptions = {
  readonly config: string;
  readonly id?: string;
  readonly stateDir?: string;
  readonly ntpPort?: number;
  readonly publish: readonly string[];
};

/** Where the commands look unless they are told. */
export const STATE_DIR = '/var/lib/noonmark';

/** @param docs - the folder. @throws SetupError where the file is there already, and where an option would be a fault in it. */
export const init = async (options: InitOptions, docs: string): Promise<void> => {
  const { config: file, id = ownName(), stateDir, ntpPort, publish } = options;
  const place = dirname(resolve(file));
  if (!existsSync(place)) throw new SetupError(`there is no folder ${place} for ${file}: mkdir -p ${quoted(place)}`);
  if (existsSync(file)) throw new SetupError(`${file} is there already, and is left as it is; --config names another`);
  const folder = resolve(stateDir ?? ownStateDir());
  const text = templateText({
    id,
    stateDir: folder,
    port: ntpPort ?? (isRoot ? 123 : 11_123),
    hasIpv6: Object.values(networkInterfaces()).some((own) => own?.some(({ family }) => family === 'IPv6')),
    ...(existsSync(LEAP_FILE) && { leapFile: LEAP_FILE }),
    publish,
  });
  const parsed = parseConfig(text, file);
  if (!parsed.ok) throw new SetupError(parsed.faults.map(faultText).join('\n'));

  attempt(`write ${file}`, () => accessSync(place, constants.W_OK)); // before there is a key that nobody asked for
  openStateDir(folder);
  const key = await loadOrCreateKey(folder);
  attempt(`write ${file}`, () => createFile(file, text, 0o644));
  console.log(nextSteps(file, folder, key.id, `"${id}" = "${key.x}"`, docs));
};

const isRoot = process.geteuid?.() === 0;

/** An ordinary user has a folder for what programs keep: the XDG Base Directory Specification. */
const ownStateDir = (): string =>
  isRoot ? STATE_DIR : join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'noonmark');

const LONGEST_ID = 64;
const ownName = (): string =>
  hostname()
    .replace(/[^\w.-]/g, '-')
    .slice(0, LONGEST_ID) || 'gw-1';

const nextSteps = (file: string, stateDir: string, keyId: string, gatewayKey: string, docs: string): string => {
  const at = stateDir === STATE_DIR ? '' : ` --state-dir ${quoted(stateDir)}`;
  const config = `--config ${quoted(file)}`;
  return `\
${file} is written, and this gateway's key lies in ${stateDir}.

1. Read it through, and see whether it is good after each change:
     noonmark-gateway check ${config}
2. Run it, and ask it from another shell:
     noonmark-gateway run ${config}
     noonmark-gateway waitsync --within 50ms${at}
     noonmark-gateway sources --watch${at}
3. If you have an edge: into its wrangler.toml (${join(docs, 'deploy.md')})
     [vars.GATEWAY_KEYS]
     ${gatewayKey}
   and its name into [[publish]]. Callers pin the key's id, --gateway-key ${keyId}
4. As a service of systemd, with no more rights than it needs: ${join(docs, 'operation.md')}`;
};

/** For a shell. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
