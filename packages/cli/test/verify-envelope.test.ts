/** Statements of other systems, offline: no server is asked. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { signWith } from '@waybill/core/crypto';
import { formatEnvelope, IN_TOTO_PAYLOAD_TYPE, pae } from '@waybill/core/dsse';
import { formatStatement, STATEMENT_TYPE_V01, WITNESS_COLLECTION_TYPE } from '@waybill/core/intoto';
import { sharedPath } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

async function place() {
  const at = await workspace();
  return {
    file: (name: string) => path.join(at.dir, name),
    run: (words: string) => waybill(words.split(' '), { cwd: at.dir, env: {} }),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

function judged({ code, stdout, stderr }: Ended, expected: number, reason: RegExp): string {
  assert.equal(code, expected, stderr);
  assert.match(code === 0 ? stdout : stderr, reason);
  return stdout;
}

const HEX = 'ab'.repeat(32);
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' });

/** What witness signs: a collection, by as many as like to. */
function collection(...privateKeys: readonly KeyObject[]): string {
  const payload = formatStatement({
    type: STATEMENT_TYPE_V01,
    subject: [{ name: 'product:app', digest: { sha256: HEX } }],
    predicateType: WITNESS_COLLECTION_TYPE,
    predicate: { name: 'build', attestations: [] },
  });
  const signed = pae(IN_TOTO_PAYLOAD_TYPE, payload);
  const signatures = privateKeys.map((key) => ({ signature: signWith(key, signed), keyId: 'hint' }));
  return formatEnvelope({ payloadType: IN_TOTO_PAYLOAD_TYPE, payload, signatures });
}

describe('waybill verify of a DSSE envelope', () => {
  it('says by whom each signature is, and needs as many as --threshold says', async () => {
    await using at = await place();
    const [ann, bob, eve] = [0, 1, 2].map(() => generateKeyPairSync('ed25519'));
    assert.ok(ann && bob && eve);
    await writeFile(at.file('ann.pub'), pem(ann.publicKey));
    await writeFile(at.file('bob.pub'), pem(bob.publicKey));
    await writeFile(at.file('step.json'), collection(eve.privateKey, ann.privateKey));
    const about = `verify step.json --artifact sha256:${HEX}`;
    const both = '--key bob.pub --key ann.pub';
    const out = judged(await at.run(`${about} ${both} --threshold 1 --no-log -o json`), 0, /signatures/);
    const { signatures, signedAt, log } = JSON.parse(out) as Record<string, unknown>;
    assert.deepEqual(
      [signatures, signedAt, log],
      [
        [
          { keyId: 'hint', key: null },
          { keyId: 'hint', key: 'ann.pub' },
        ],
        null,
        null,
      ],
    );
    judged(await at.run(`${about} ${both} --no-log`), 3, /2 of 2 given key.*found 1.*verify_threshold/);
    judged(await at.run(`${about} ${both} --threshold 3 --no-log`), 2, /from 1 to that of the keys/);
    judged(await at.run(`${about} --key ann.pub`), 2, /no log entry and no time/);
    judged(
      await at.run(`verify step.json --artifact sha256:${'0'.repeat(64)} --key ann.pub --no-log`),
      3,
      /verify_artifact/,
    );
    const identity = '--certificate-identity * --certificate-oidc-issuer *';
    judged(await at.run(`${about} ${identity}`), 2, /give its signers with --key/);
    judged(await at.run(`${about} ${identity} --no-log`), 2, /--no-log goes with --key/);
  });

  const predicates = sharedPath('vectors', 'chainloop', 'predicates');
  it("takes Chainloop's: an envelope, and a bundle that no log holds", {
    skip: predicates.skip,
  }, async () => {
    await using at = await place();
    const dir = predicates.path ?? '';
    for (const [end, name] of [
      ['cosign-attestation.json', 'envelope.json'],
      ['testdata__cosign.pub', 'cosign.pub'],
      ['bundle_valid_nomaterial.json', 'bundle.json'],
    ] as const) {
      const found = (await readdir(dir)).find((file) => file.endsWith(end)) ?? '';
      await copyFile(path.join(dir, found), at.file(name));
    }
    judged(
      await at.run('verify envelope.json --any-artifact --key cosign.pub --no-log'),
      0,
      /chainloop\.dev\/attestation\/v0\.2/,
    );
    const bundle = 'verify bundle.json --any-artifact --key cosign.pub';
    judged(await at.run(`${bundle} --no-log`), 3, /verify_signature/);
    judged(await at.run(`${bundle} --key cosign.pub --no-log`), 2, /has one signature/);
  });
});
