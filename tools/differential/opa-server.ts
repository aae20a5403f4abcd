/** One `opa run --server` as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { BASE, INPUT } from './programs.ts';

const ATTEMPTS = 100;
const ATTEMPT_MS = 100;

/** What OPA makes of a module: its document `data.t` as JSON, or the code of what is wrong. */
export type Verdict = { readonly json: string } | { readonly code: string };

export class OpaServer {
  private readonly opa: string;
  private child: ChildProcess | undefined;
  private url = '';

  constructor(opa: string) {
    this.opa = opa;
  }

  async judge(module: string): Promise<Verdict> {
    const put = await this.send('PUT', '/v1/policies/t', module);
    if (put.status !== 200) return { code: codeOf(put.body) };
    const { status, body } = await this.send('POST', '/v1/data/t', `{"input":${INPUT}}`);
    return status === 200 ? { json: body } : { code: codeOf(body) };
  }

  async start(): Promise<void> {
    this.url = `http://127.0.0.1:${await freePort()}`;
    const address = this.url.slice('http://'.length);
    const args = ['run', '--server', '--addr', address, '--log-level', 'error'];
    this.child = spawn(this.opa, args, { stdio: 'ignore' });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        await this.send('PUT', '/v1/data/base', BASE);
        return;
      } catch {
        await pause(ATTEMPT_MS);
      }
    }
    throw new Error(`opa does not answer at ${this.url}`);
  }

  stop(): void {
    this.child?.kill();
  }

  private async send(method: string, path: string, body: string): Promise<{ status: number; body: string }> {
    const response = await fetch(this.url + path, { method, body });
    return { status: response.status, body: await response.text() };
  }
}

function codeOf(body: string): string {
  const { code, errors } = JSON.parse(body) as { code: string; errors?: readonly { code: string }[] };
  return errors?.[0]?.code ?? code;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  await new Promise((closed) => {
    server.close(closed);
  });
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
