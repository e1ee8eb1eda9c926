/** The gateway's key that the reader pins: in the page's address (`#key=`), for this visit, or in the form, for good. */
import { element, put } from './elements.ts';

const STORED = 'noonmark gateway key';
/** SHA-256 in base64url, as `noonmark-gateway keys` prints it. */
const KEY_ID = /^[\w-]{43}$/;

export type Pin = { readonly key: string; readonly from: 'address' | 'browser' };

/** Whoever sends a link may not replace the key that is kept here: his holds for as long as the page is at his address. */
export const pinOf = (hash: string, stored: string | null): Pin | undefined => {
  const linked = new URLSearchParams(hash.slice(1)).get('key') ?? '';
  if (KEY_ID.test(linked)) return { key: linked, from: 'address' };
  return KEY_ID.test(stored ?? '') ? { key: stored ?? '', from: 'browser' } : undefined;
};

/** A browser may be told to keep nothing. */
const storage = (): Storage | undefined => {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
};

/** @param changed - called now, and whenever another key is pinned, or none. */
export const heedPin = (changed: (key: string | undefined) => void): void => {
  const input = element('key') as HTMLInputElement;
  let last: string | undefined | null = null;

  const apply = (): void => {
    const stored = storage()?.getItem(STORED) ?? null;
    const pin = pinOf(location.hash, stored);
    const isAnothers = pin?.from === 'address' && stored !== null && stored !== pin.key;
    put('pin-state', pin ? `${SAYS[pin.from]}${isAnothers ? ' You keep another one in this browser.' : ''}` : NONE);
    input.value = pin?.key ?? '';
    element('unpin').hidden = !pin;
    if (pin?.key !== last) changed(pin?.key);
    last = pin?.key;
  };
  const keep = (key: string | undefined): void => {
    if (location.hash !== '') history.replaceState(null, '', location.pathname); // fires no hashchange
    if (key === undefined) storage()?.removeItem(STORED);
    else storage()?.setItem(STORED, key);
    apply();
  };

  element('pin').addEventListener('submit', (event) => {
    event.preventDefault();
    const key = input.value.trim();
    const isKey = KEY_ID.test(key);
    input.setAttribute('aria-invalid', String(!isKey));
    if (isKey) return keep(key);
    put('pin-state', 'That is no key id: they have 43 letters, digits, - and _.');
    input.focus();
  });
  element('unpin').addEventListener('click', () => keep(undefined));
  globalThis.addEventListener('hashchange', apply);
  apply();
};

const NONE = '43 letters, as noonmark-gateway keys prints it.';
const SAYS = {
  address: 'Pinned by the address of this page, for as long as you are there.',
  browser: 'Pinned, and kept in this browser.',
} as const;
