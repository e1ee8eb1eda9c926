/** `hex('dead beef')`: bytes as specifications print them. */
export const hex = (text: string): Uint8Array<ArrayBuffer> => {
  const digits = text.replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new RangeError(`not hexadecimal: ${text}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
};

/** A view of the same bytes at an odd place, with others before and behind. */
export const inside = (bytes: Uint8Array): Uint8Array => {
  const surrounded = new Uint8Array(bytes.length + 8).fill(0xa5);
  surrounded.set(bytes, 3);
  return surrounded.subarray(3, 3 + bytes.length);
};
