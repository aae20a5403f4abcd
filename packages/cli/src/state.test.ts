import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { isCoded, Secret } from '@waybill/core';
import fc from 'fast-check';
import { testSession } from '../test/session.ts';
import { openState, sealState } from './seal-state.ts';
import {
  type AttestationState,
  readState,
  removeState,
  stateFile,
  updateState,
  withoutBundle,
  writeState,
} from './state.ts';

const STATE: AttestationState = {
  server: 'http://127.0.0.1:7070',
  run: {
    id: '7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    organization: 'default',
    project: 'demo',
    workflow: 'build',
    startedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-02T00:00:00.000Z',
  },
  contract: { name: 'release', revision: 1, digest: `sha256:${'a'.repeat(64)}` },
  contractDocument: { materials: [], envAllowList: [] },
  repository: 'default/demo/build',
  runner: { type: 'GENERIC' },
  environment: {},
  annotations: {},
  materials: [],
};

const material = (name: string) => ({
  name,
  kind: 'STRING',
  digest: `sha256:${'b'.repeat(64)}` as const,
  sizeBytes: 1,
  value: 'x',
  output: false,
  annotations: {},
});

describe('stateFile', () => {
  it('is one file per directory and attestation', async () => {
    await using session = await testSession();
    const none = { state: undefined, attestation: undefined };
    assert.equal(stateFile(session, none), path.join(session.cwd, '.waybill/attestation-default.json'));
    assert.equal(
      stateFile(session, { ...none, attestation: 'arm64' }),
      path.join(session.cwd, '.waybill/attestation-arm64.json'),
    );
    assert.equal(stateFile(session, { ...none, state: 'x.json' }), path.join(session.cwd, 'x.json'));
  });
  it('refuses names that leave the directory', async () => {
    await using session = await testSession();
    for (const attestation of ['../x', 'a/b', '', '.x', 'a\0b']) {
      assert.throws(
        () => stateFile(session, { state: undefined, attestation }),
        (error) => isCoded(error, 'usage_invalid'),
      );
    }
  });
});

describe('writeState', () => {
  it('is private, whole, and read back as it was', async () => {
    await using session = await testSession();
    const file = stateFile(session, { state: undefined, attestation: undefined });
    const state = { ...STATE, materials: [material('version')], signedBundle: '{"a":"\u2028"}' };
    await writeState(session, file, state);
    assert.deepEqual(await readState(file), state);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o700);
    assert.deepEqual(await readdir(path.dirname(file)), [path.basename(file)]);
    assert.deepEqual(withoutBundle(state), { ...STATE, materials: [material('version')] });
    await removeState(session, { file, runId: 'another' });
    assert.deepEqual(await readState(file), state);
    await removeState(session, { file, runId: STATE.run.id });
    await assert.rejects(readState(file), (error) => isCoded(error, 'state_missing'));
  });
});

describe('readState', () => {
  it('gives a coded error for anything that is no state', async () => {
    await using session = await testSession();
    const file = path.join(session.cwd, 'state.json');
    const whole = JSON.stringify({ format: 1, ...STATE });
    const damaged = fc.oneof(
      fc.string(),
      fc.json(),
      fc.nat(whole.length - 1).map((length) => whole.slice(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (text) => {
        await writeFile(file, text);
        await assert.rejects(readState(file), (error) => isCoded(error, 'state_invalid'));
      }),
      { numRuns: 200 },
    );
  });
});

describe('updateState', () => {
  it('records what many processes add at once', async () => {
    await using session = await testSession();
    const file = path.join(session.cwd, '.waybill/attestation-default.json');
    await writeState(session, file, STATE);
    const names = Array.from({ length: 12 }, (_, index) => `m${index}`);
    await Promise.all(
      names.map((name) =>
        updateState(session, { file, runId: STATE.run.id }, (now) => ({
          ...now,
          materials: [...now.materials, material(name)],
        })),
      ),
    );
    const recorded = (await readState(file)).materials.map(({ name }) => name);
    assert.deepEqual(recorded.toSorted(), names.toSorted());
    assert.deepEqual(await readdir(path.dirname(file)), ['attestation-default.json']);
  });
  it('takes over the lock of a process that died', async () => {
    await using session = await testSession();
    const file = path.join(session.cwd, '.waybill/attestation-default.json');
    await writeState(session, file, STATE);
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    await writeFile(`${file}.lock`, `${os.hostname()} ${pid}\n`);
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        updateState(session, { file, runId: STATE.run.id }, (now) => ({
          ...now,
          materials: [...now.materials, material(name)],
        })),
      ),
    );
    assert.equal((await readState(file)).materials.length, 3);
  });
  it('waits for the lock of a living process', async () => {
    await using session = await testSession();
    const file = path.join(session.cwd, '.waybill/attestation-default.json');
    await writeState(session, file, STATE);
    const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await writeFile(`${file}.lock`, `${os.hostname()} ${holder.pid}\n`);
    let done = false;
    const update = updateState(session, { file, runId: STATE.run.id }, (now) => now).then(
      () => (done = true),
    );
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(done, false);
    assert.match(await readFile(`${file}.lock`, 'utf8'), new RegExp(` ${holder.pid}\n`));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await update;
    assert.equal(done, true);
  });
  it('leaves the old state and no lock when the change fails', async () => {
    await using session = await testSession();
    const file = path.join(session.cwd, '.waybill/attestation-default.json');
    await writeState(session, file, STATE);
    await assert.rejects(
      updateState(session, { file, runId: STATE.run.id }, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual(await readdir(path.dirname(file)), ['attestation-default.json']);
    assert.deepEqual(await readState(file), STATE);
  });
});

describe('openState', () => {
  const secret = new Secret('a secret of more than thirty-two characters');
  const sealed = sealState(secret, { ...STATE, files: { sbom: '/home/ci/sbom.json' } });

  it('reads what was sealed under the same secret, without the places of this machine', () => {
    assert.deepEqual(openState(secret, STATE.run.id, sealed), STATE);
  });

  it('refuses another secret, the state of another run, and every changed byte', () => {
    const refuses = (work: () => unknown) =>
      assert.throws(work, (error: unknown) => isCoded(error, 'state_sealed'));
    refuses(() => openState(new Secret('another secret of thirty-two characters'), STATE.run.id, sealed));
    refuses(() => openState(secret, '7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b2', sealed));
    const bytes = Buffer.from(sealed, 'base64');
    for (let place = 0; place < bytes.length; place += 7) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      refuses(() => openState(secret, STATE.run.id, changed.toString('base64')));
    }
    refuses(() => openState(secret, STATE.run.id, ''));
  });
});
