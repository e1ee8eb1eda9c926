/** `node canned.ts`: a server that says the same to whatever comes, until it is told to stop. Prints its origin. */
import { type AddressInfo, createServer } from 'node:net';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const server = createServer((caller) => {
  caller.setNoDelay(true).on('error', () => {}); // the asking side goes without a word
  caller.on('data', () => caller.write(ANSWER));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
