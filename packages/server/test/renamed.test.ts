/** A server that moves to another port and another public host: what was signed before still verifies, by every client. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot as SigstoreRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { fromBase64, toBase64, utf8 } from '@waybill/core/bytes';
import { type Digest, digestOf } from '@waybill/core/digest';
import { parseCheckpoint, verifyConsistency } from '@waybill/core/tlog';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import {
  freePort,
  requirePeer,
  type ServerProcess,
  startAttester,
  startProcess,
  type TempDir,
  tempDir,
} from '@waybill/testkit';

const cosign = requirePeer('cosign');
const AT = { project: 'demo', workflow: 'build' };
const PROGRAM = utf8('what was built before the move');
const CONTRACT =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
  '    - { type: ARTIFACT, name: program, output: true }\n';

let folder: TempDir;
let server: ServerProcess;
/** Where it was, and what it said there. */
let oldUrl: string;
let bundle: string;
/** What it says of itself now. */
let rootNow: string;
let oldLogs: readonly string[];
const place = (name: string) => join(folder.path, name);

const logsOf = async (url: string): Promise<readonly string[]> => {
  const response = await fetch(`${url}/waybill/v1/log/shards`);
  return ((await response.json()) as { logs: { origin: string }[] }).logs.map(({ origin }) => origin);
};

before(async () => {
  folder = await tempDir('waybill-renamed-');
  await chmod(folder.path, 0o711);
  const dataDir = place('data');
  const first = await startProcess({ dataDir, port: await freePort() });
  oldUrl = first.url;
  const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
  const client = createClient({ url: oldUrl, token });
  await client.applyContract({ document: CONTRACT });
  await client.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'release' });
  const attester = await startAttester({ client, token, ...AT });
  const material = await attester.record('program', 'ARTIFACT', PROGRAM, true);
  const { runId } = await client.pushAttestation(
    attester.run.id,
    await attester.sign(attester.predicate([material])),
  );
  bundle = await client.downloadBundle(runId);
  oldLogs = await logsOf(oldUrl);
  await first.end('SIGTERM');

  const port = await freePort();
  const more = ['--url', 'https://waybill.elsewhere.example', '--url-change', 'allow'];
  server = await startProcess({ dataDir, port, more });
  rootNow = await (await fetch(`http://127.0.0.1:${port}/waybill/v1/trust/trusted-root`)).text();
  server = { ...server, url: `http://127.0.0.1:${port}` };
  await writeFile(place('root.json'), rootNow);
  await writeFile(place('program'), PROGRAM);
});
after(async () => {
  await server.end('SIGTERM');
  await folder.remove();
});

const signer = () => `${oldUrl}/oidc/default/${AT.project}/${AT.workflow}`;

/** The bundle with another checkpoint under its proof. */
function withCheckpoint(change: (note: string) => string): string {
  const json = JSON.parse(bundle) as {
    verificationMaterial: { tlogEntries: [{ inclusionProof: { checkpoint: { envelope: string } } }] };
  };
  const { checkpoint } = json.verificationMaterial.tlogEntries[0].inclusionProof;
  checkpoint.envelope = change(checkpoint.envelope);
  return JSON.stringify(json);
}

/** Lines as a witness of a later year might add them: a key and an algorithm that nobody knows. */
function withStrangers(note: string): string {
  const line = (name: string, sizeBytes: number) => `— ${name} ${toBase64(randomBytes(4 + sizeBytes))}\n`;
  return `${note}${line('witness.example', 72)}${line('another.example', 5000)}`;
}

/** Throws unless the client takes it. */
const CLIENTS: Readonly<Record<string, (text: string) => Promise<void>>> = {
  'our own verifier': async (text) => {
    verifyStatementBundle(parseBundle(text), {
      trustedRoot: parseTrustedRoot(utf8(rootNow)),
      expectations: { type: 'identity', issuer: `${oldUrl}/oidc`, subject: signer() },
      artifact: digestOf(PROGRAM) as Digest,
    });
  },
  '@sigstore/verify': async (text) => {
    const material = toTrustMaterial(SigstoreRoot.fromJSON(JSON.parse(rootNow)));
    const thresholds = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };
    new Verifier(material, thresholds).verify(toSignedEntity(bundleFromJSON(JSON.parse(text))), {
      subjectAlternativeName: signer(),
      extensions: { issuer: `${oldUrl}/oidc` },
    });
  },
  cosign: async (text) => {
    await writeFile(place('bundle.json'), text);
    const wanted = ['--certificate-identity', signer(), '--certificate-oidc-issuer', `${oldUrl}/oidc`];
    const files = [
      '--trusted-root',
      place('root.json'),
      '--bundle',
      place('bundle.json'),
      '--type',
      typeOf(text),
    ];
    await promisify(execFile)(
      cosign.path ?? '',
      ['verify-blob-attestation', ...wanted, ...files, place('program')],
      { timeout: 60_000, env: { ...process.env, HOME: folder.path, TUF_ROOT: place('tuf') } },
    );
  },
};

function typeOf(text: string): string {
  const { dsseEnvelope } = JSON.parse(text) as { dsseEnvelope: { payload: string } };
  const statement = Buffer.from(fromBase64(dsseEnvelope.payload)).toString();
  return (JSON.parse(statement) as { predicateType: string }).predicateType;
}

describe('a bundle from before a server got another port and host', () => {
  it('names the same logs, which go on under their names', async () => {
    assert.deepEqual(await logsOf(server.url), oldLogs);
    const [entry] = parseBundle(bundle).tlogEntries;
    const proof = entry?.inclusionProof;
    assert.ok(proof);
    const { origin } = parseCheckpoint(proof.checkpoint ?? '').checkpoint;
    assert.ok(oldLogs.includes(origin));
    const path = `/waybill/v1/log/consistency?from=${proof.treeSize}`;
    const answer = (await (await fetch(`${server.url}${path}`)).json()) as {
      to: number;
      rootHash: string;
      hashes: string[];
    };
    verifyConsistency({
      size1: proof.treeSize,
      size2: answer.to,
      root1: proof.rootHash,
      root2: fromBase64(answer.rootHash),
      proof: answer.hashes.map((hash) => fromBase64(hash)),
    });
  });

  for (const [name, verify] of Object.entries(CLIENTS)) {
    const skip = name === 'cosign' && cosign.skip;
    it(`verifies with ${name} against the trusted root of now`, { skip }, () => verify(bundle));

    it(`verifies with ${name} whatever else signed its checkpoint, and not without the log`, {
      skip,
    }, async () => {
      await verify(withCheckpoint(withStrangers));
      // The lines of strangers alone prove nothing.
      const orphan = withCheckpoint((note) => withStrangers(note.slice(0, note.indexOf('\n\n') + 2)));
      await assert.rejects(verify(orphan));
    });
  }
});
