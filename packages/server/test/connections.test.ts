/** Ten thousand connections that say nothing. They cost few descriptors here too, as the server drops most of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { testWorld } from '@waybill/testkit';

const CONNECTIONS = 10_000;
const AT_ONCE = 250;
const MAX_CONNECTIONS = 300;

describe('ten thousand idle connections', () => {
  it('leave the server ready, with no more of them open than it allows', async () => {
    const world = await testWorld({ maxConnections: MAX_CONNECTIONS });
    const open = new Set<Socket>();
    const dial = async (): Promise<void> => {
      const socket = connect(Number(new URL(world.url).port), '127.0.0.1').resume();
      socket.on('error', () => undefined).once('close', () => open.delete(socket));
      open.add(socket);
      await once(socket, 'connect');
    };
    try {
      for (let opened = 0; opened < CONNECTIONS; opened += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, dial));
        if (opened % 1000 === 0) {
          const ready = await fetch(`${world.url}/readyz`);
          assert.equal(ready.status, 200, await ready.text());
          await world.owner.me();
          // Each at this end is one at the server's, but for those whose end is on its way.
          assert.ok(open.size < 2 * MAX_CONNECTIONS + AT_ONCE, `${open.size} connections are open`);
        }
      }
    } finally {
      for (const socket of open) socket.destroy();
      await world.close();
    }
  });
});
