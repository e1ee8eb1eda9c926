/**
 * Who asks too often is refused, by address, at each of the platform's locations by itself.
 *
 * The platform counts where it answers and compares notes behind our back: no answer waits for it, and somewhat more than the
 * limit gets through. An address is the only name that a caller has, and a cloud may stand behind one: wrangler.toml says how
 * much that allows for.
 */
import ipaddr from 'ipaddr.js';
import { refuse } from '#contract/result.ts';
import type { EdgeContext } from './ports.ts';
import { problem } from './problem.ts';

/** These call the object each time, or hold a socket. Each has a count of its own: no caller shuts out his neighbour's gateway. */
const DEAR: readonly string[] = ['/samples', '/ws'];

/** @returns undefined for who may ask. */
export const limitRate = async (c: EdgeContext): Promise<Response | undefined> => {
  const { env, req } = c;
  const isDear = DEAR.includes(req.path) || (req.path === '/keys' && req.method === 'POST');
  const limiter = isDear ? env.CALL_LIMIT : env.ANSWER_LIMIT;
  if (!limiter) return undefined;
  // Cloudflare sets it on every request, whatever the caller has sent; elsewhere, nobody is counted.
  const address = req.header('CF-Connecting-IP');
  if (address === undefined) return undefined;
  const network = networkOf(address);
  const may = await hasLeft(limiter, isDear ? `${kindOf(req)} ${req.path} ${network}` : network);
  return may ? undefined : problem(c, refuse('too-many-requests'));
};

const hasLeft = async (limiter: RateLimit, key: string): Promise<boolean> => {
  try {
    return (await limiter.limit({ key })).success;
  } catch {
    return true; // whoever cannot count must not refuse
  }
};

/** HEAD costs what GET does, and has no count of its own. */
const kindOf = ({ method }: { readonly method: string }): string => (method === 'HEAD' ? 'GET' : method);

/** An IPv6 caller can choose among all addresses of his /64, so they count as one. Whatever is no address stays as it is. */
export const networkOf = (address: string): string => {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4' ? `${parsed}` : `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/64`)}/64`;
};
