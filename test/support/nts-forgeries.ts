/** What somebody who sits on the path can make of a reply with NTS, by hand: for tests that must not trust the project's own codec. */
const HEADER = 48;

/** Both of the server's timestamps an hour on. */
const lie = (reply: Buffer): Buffer => {
  const bytes = Buffer.from(reply);
  for (const place of [32, 40]) bytes.writeUInt32BE(bytes.readUInt32BE(place) + 3_600, place);
  return bytes;
};
/** RFC 5905 §7.4 and RFC 8915 §5.7, with the unique identifier, which comes first. */
export const nak = (reply: Buffer): Buffer => {
  const bytes = Buffer.from(reply.subarray(0, HEADER + reply.readUInt16BE(HEADER + 2)));
  bytes[1] = 0;
  bytes.write('NTSN', 12);
  return bytes;
};

/** @param earlier - another good reply of the same server to the same client. */
export const forgeries = (reply: Buffer, earlier: Buffer): readonly Buffer[] => {
  const [header, fields] = [lie(reply).subarray(0, HEADER), reply.subarray(HEADER)];
  const flipped = Buffer.from(reply);
  flipped.writeUInt8(flipped.at(-1)! ^ 1, flipped.length - 1);
  return [
    header,
    lie(reply),
    flipped,
    earlier,
    Buffer.concat([header, earlier.subarray(HEADER)]),
    Buffer.concat([header, fields.subarray(0, -4)]),
  ];
};
