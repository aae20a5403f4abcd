import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { toHex, utf8 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import {
  signTufMetadata,
  type TufContent,
  type TufKey,
  type TufRole,
  tufPointer,
  tufRoot,
  tufTargets,
} from '@waybill/core/trust';
import { createFetch } from '../http/index.ts';
import { type Mirror, openMirror } from './index.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
type Keys = Readonly<Record<TufRole, TufKey>>;

const makeKeys = (): Keys => {
  const key = (): TufKey => generateKeyPairSync('ed25519');
  return { root: key(), targets: key(), snapshot: key(), timestamp: key() };
};
const keys = makeKeys();
const strangers = makeKeys();

/** What the mirror has: the hostile one has seen all of it, may leave out, rename and mix, and has no key. */
const files = new Map<string, Uint8Array | 'hangs' | 'endless'>();

interface Signing {
  readonly version: number;
  readonly days?: number;
  readonly by?: Keys;
}

function signed(role: TufRole, content: TufContent, { version, days = 7, by = keys }: Signing): Uint8Array {
  const expires = new Date(Date.now() + days * DAY_MS);
  return signTufMetadata({ role, version, expires, content }, by[role]);
}

function rootOf(of: Keys, signing: Signing): Uint8Array {
  const { root, targets, snapshot, timestamp } = of;
  const publicKeys = {
    root: root.publicKey,
    targets: targets.publicKey,
    snapshot: snapshot.publicKey,
    timestamp: timestamp.publicKey,
  };
  return signed('root', tufRoot(publicKeys), signing);
}

/** A whole state of the repository, as its owner publishes it. */
function publish(version: number, { text = `text ${version}`, days = 7, by = keys } = {}): void {
  const bytes = utf8(text);
  const signing = { version, days, by };
  files.set(`targets/${toHex(sha256(bytes))}.note`, bytes);
  files.set(`${version}.targets.json`, signed('targets', tufTargets([{ name: 'note', bytes }]), signing));
  files.set(`${version}.snapshot.json`, signed('snapshot', tufPointer('targets.json', version), signing));
  files.set('timestamp.json', signed('timestamp', tufPointer('snapshot.json', version), signing));
}

const server = createServer((request, response) => {
  const file = files.get((request.url ?? '').replace('/tuf/', ''));
  if (file === undefined) response.writeHead(404).end();
  else if (file === 'endless') {
    const more = (): void =>
      void (response.write(Buffer.alloc(65_536, 32)) ? setImmediate(more) : response.once('drain', more));
    response.on('error', () => undefined);
    more();
  } else if (file !== 'hangs') response.end(file);
});
let mirror: string;
let folder: string;
let stateDir: string;
let states = 0;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-mirror-'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tuf`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});
/** As a client that was never here. */
function forget(): void {
  stateDir = join(folder, String(states++));
}
beforeEach(() => {
  files.clear();
  forget();
});

const root = rootOf(keys, { version: 1 });
const visit = (interrupted = new AbortController().signal): Promise<Mirror> =>
  openMirror({ mirror, root, stateDir, fetch: createFetch(), interrupted });
const note = async () => Buffer.from(await (await visit()).read('note')).toString();
const refused = (message: RegExp, code = 'tuf_client_not_verified') =>
  assert.rejects(note(), { code, message });

describe('openMirror', () => {
  it('brings what counts now, and goes along with new roots', async () => {
    publish(1);
    assert.equal(await note(), 'text 1');
    publish(2);
    files.set('2.root.json', rootOf(keys, { version: 2, days: -100 }));
    files.set('3.root.json', rootOf(keys, { version: 3 }));
    const seen = await visit();
    assert.equal(seen.rootVersion, 3);
    assert.equal(Buffer.from(await seen.read('note')).toString(), 'text 2');
    await assert.rejects(seen.read('another'), { code: 'tuf_client_not_verified' });
    // No bytes of a target stay, wherever it was read from.
    assert.deepEqual((await readdir(stateDir)).toSorted(), [
      'root.json',
      'snapshot.json',
      'targets.json',
      'timestamp.json',
    ]);
  });

  it('refuses what others have signed, also behind a root of theirs', async () => {
    publish(1, { by: strangers });
    await refused(/timestamp/);
    files.set('2.root.json', rootOf(strangers, { version: 2, by: strangers }));
    await refused(/root/);
  });

  it('refuses a root that leaves one out, or is the same one again', async () => {
    publish(1);
    files.set('2.root.json', rootOf(keys, { version: 3 }));
    await refused(/expected version 2|version/i);
    files.set('2.root.json', root);
    await refused(/version/i);
  });

  it('refuses a rollback of each role', async () => {
    publish(1);
    const old = files.get('timestamp.json') ?? assert.fail();
    publish(2);
    assert.equal(await note(), 'text 2');
    files.set('timestamp.json', old);
    await refused(/version 1 is less than current version 2/);
    // A key of timestamps alone: it leads back to an older snapshot, one of snapshots to older targets.
    files.set('timestamp.json', signed('timestamp', tufPointer('snapshot.json', 1), { version: 3 }));
    await refused(/version/);
    files.set('3.snapshot.json', signed('snapshot', tufPointer('targets.json', 1), { version: 3 }));
    files.set('timestamp.json', signed('timestamp', tufPointer('snapshot.json', 3), { version: 4 }));
    await refused(/version/);
  });

  it('refuses to be held at what has expired, in each role', async () => {
    publish(1, { days: -1 });
    await refused(/expired/);
    files.set('timestamp.json', signed('timestamp', tufPointer('snapshot.json', 1), { version: 1 }));
    await refused(/expired/);
    files.set('1.snapshot.json', signed('snapshot', tufPointer('targets.json', 1), { version: 1 }));
    await refused(/expired/);
    publish(1);
    files.set('2.root.json', rootOf(keys, { version: 2, days: -1 }));
    await refused(/root.*expired/i);
  });

  it('refuses parts of two states together', async () => {
    const mixtures = [
      ['2.targets.json', '1.targets.json', /version/],
      ['2.snapshot.json', '1.snapshot.json', /version/],
      ['2.snapshot.json', '2.targets.json', /snapshot/],
      ['2.targets.json', '2.snapshot.json', /targets/],
      ['timestamp.json', '2.snapshot.json', /timestamp/],
    ] as const;
    for (const [place, other, message] of mixtures) {
      files.clear();
      forget();
      publish(1);
      publish(2);
      files.set(place, files.get(other) ?? assert.fail());
      await refused(message);
    }
  });

  it('refuses other bytes under the name of a target', async () => {
    publish(1);
    const place = `targets/${toHex(sha256(utf8('text 1')))}.note`;
    files.set(place, utf8('text 2'));
    await refused(/hash|length/i);
    files.set(place, utf8('text'));
    await refused(/hash|length/i);
    files.set(place, 'endless');
    await refused(/length/i);
  });

  it('refuses files without end, and files that are none', async () => {
    publish(1);
    files.set('timestamp.json', 'endless');
    await refused(/length/i);
    for (const text of ['', '{}', '[]', 'null', '{"signed":{},"signatures":[]}', '{"signed":'.repeat(2000)]) {
      files.set('timestamp.json', utf8(text));
      await assert.rejects(note(), { code: 'tuf_client_not_verified' }, text.slice(0, 40));
    }
  });

  it('tells a mirror that lacks a file from one that lies', async () => {
    publish(1);
    files.delete('1.snapshot.json');
    await refused(/1\.snapshot\.json: HTTP 404/, 'tuf_client_unreachable');
    files.delete('timestamp.json');
    await refused(/timestamp\.json: HTTP 404/, 'tuf_client_unreachable');
  });

  it('ends when it is interrupted', async () => {
    files.set('timestamp.json', 'hangs');
    const abort = new AbortController();
    const visiting = visit(abort.signal);
    setImmediate(() => abort.abort());
    await assert.rejects(visiting, { code: 'tuf_client_unreachable' });
  });

  it('says so when its memory is damaged, and does not begin anew', async () => {
    const broken = openMirror({
      mirror,
      root: utf8('no root'),
      stateDir,
      fetch: createFetch(),
      interrupted: new AbortController().signal,
    });
    await assert.rejects(broken, { code: 'tuf_client_state' });
    await assert.rejects(visit(), { code: 'tuf_client_state' });
  });
});
