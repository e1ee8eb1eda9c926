/** No connection can keep another out: where there are too many, the oldest makes room. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** @param evicted - told of each that had to go. */
export const keepRoom = (server: Server, most: number, evicted: () => void = () => {}): Server => {
  const open = new Set<Socket>(); // the oldest first
  return server.on('connection', (socket: Socket) => {
    const [oldest] = open;
    if (oldest && open.size >= most) {
      evicted();
      open.delete(oldest);
      oldest.destroy();
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
};
