import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { signWith, spkiOf } from '../crypto.ts';
import { isCoded } from '../errors.ts';
import { parseCsr } from './csr.ts';
import { derBitString, derExplicit, derInteger, derOid, derSequence } from './der-writer.ts';
import { formatPem } from './pem-writer.ts';
import { signatureAlgorithmOf } from './signature-algorithm.ts';

const OPENSSL = '/usr/bin/openssl';
const noOpenssl =
  existsSync(OPENSSL) || process.env['WAYBILL_REQUIRE_PEERS'] ? false : `${OPENSSL} is not installed`;
const folder = mkdtempSync(join(tmpdir(), 'waybill-csr-'));
after(() => rmSync(folder, { recursive: true }));

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const p256 = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' });

function makeCsr(keys: KeyPair, signer = keys.privateKey, version = 0): Uint8Array {
  const info = derSequence(derInteger(version), derSequence(), spkiOf(keys.publicKey), derExplicit(0));
  return derSequence(info, signatureAlgorithmOf(signer), derBitString(signWith(signer, info)));
}

describe('parseCsr', () => {
  it('takes the public key of a request that its own key signed, in DER and PEM', () => {
    const kinds = [
      p256(),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ];
    for (const keys of kinds) {
      const csr = makeCsr(keys);
      assert.equal(parseCsr(csr).equals(keys.publicKey), true);
      assert.equal(parseCsr(formatPem('CERTIFICATE REQUEST', csr)).equals(keys.publicKey), true);
    }
  });

  it('takes what openssl writes, with a subject and extensions, and reads only the key', {
    skip: noOpenssl,
  }, () => {
    for (const algorithm of [['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['ed25519']]) {
      const key = join(folder, 'key.pem');
      execFileSync(OPENSSL, ['genpkey', '-algorithm', ...algorithm, '-out', key], { stdio: 'pipe' });
      const request = [
        'req',
        '-new',
        '-key',
        key,
        '-subj',
        '/CN=somebody',
        '-addext',
        'subjectAltName=email:a@b.c',
      ];
      const pem = execFileSync(OPENSSL, request, { stdio: 'pipe' }).toString();
      const expected = createPublicKey(
        execFileSync(OPENSSL, ['pkey', '-in', key, '-pubout'], { stdio: 'pipe' }),
      );
      assert.equal(parseCsr(pem).equals(expected), true);
    }
  });

  it('refuses a request for a key whose private half did not sign it', () => {
    assert.throws(
      () => parseCsr(makeCsr(p256(), p256().privateKey)),
      (error) => isCoded(error, 'x509_csr_signature'),
    );
  });

  it('refuses an algorithm that does not go with the key', () => {
    const keys = p256();
    const other = generateKeyPairSync('ed25519').privateKey;
    assert.throws(
      () => parseCsr(makeCsr(keys, other)),
      (error) => isCoded(error, 'x509_csr'),
    );
    const info = derSequence(derInteger(0), derSequence(), spkiOf(keys.publicKey), derExplicit(0));
    const none = derSequence(info, derSequence(derOid('1.2.3.4')), derBitString(new Uint8Array()));
    assert.throws(
      () => parseCsr(none),
      (error) => isCoded(error, 'x509_csr'),
    );
  });

  it('refuses other versions and texts without exactly one block', () => {
    assert.throws(
      () => parseCsr(makeCsr(p256(), undefined, 1)),
      (error) => isCoded(error, 'x509_csr'),
    );
    const pem = formatPem('CERTIFICATE REQUEST', makeCsr(p256()));
    assert.throws(
      () => parseCsr(pem + pem),
      (error) => isCoded(error, 'x509_csr'),
    );
    assert.throws(
      () => parseCsr('nothing'),
      (error) => isCoded(error, 'x509_pem'),
    );
  });

  it('gives a coded error for any other bytes or text', () => {
    const valid = Buffer.from(makeCsr(p256()));
    const flipped = fc
      .tuple(fc.nat(valid.length - 1), fc.nat(255))
      .map(([at, octet]) => Buffer.from(valid).fill(octet, at, at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), flipped, fc.string()), (bytes) => {
        try {
          parseCsr(bytes);
        } catch (error) {
          assert.ok(isCoded(error), String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
