import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '@waybill/testkit';
import { writeCertificates } from './certificates.ts';
import { CLIENTS } from './clients.ts';
import { openPlace, type Place } from './place.ts';

const openssl = requirePeer('openssl');

let place: Place;
before(async () => {
  place = await openPlace();
  await writeCertificates(place);
});
after(() => place.close());

const run = (...args: readonly string[]) => place.run(openssl.path ?? '', args);

async function stamp(hash: string): Promise<void> {
  await run('ts', '-query', '-data', 'artifact', `-${hash}`, '-cert', '-out', 'query.tsq');
  const response = await fetch(`${place.world.url}/api/v1/timestamp`, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query' },
    body: new Uint8Array(await place.read('query.tsq')),
  });
  await place.write('answer.tsr', await response.bytes());
}

const trusting = ['-CAfile', 'tsa-root.pem', '-untrusted', 'tsa-chain.pem'];

describe('openssl', { skip: openssl.skip }, () => {
  it('is the version that the page names', async () => {
    const { version } = CLIENTS['openssl.test.ts'] ?? {};
    assert.match((await run('version')).stdout, new RegExp(`^OpenSSL ${version}\\.`));
  });

  it('`ts -verify` takes timestamps over SHA-256, SHA-384 and SHA-512 for their query and their data only', async () => {
    for (const hash of ['sha256', 'sha384', 'sha512']) {
      await stamp(hash);
      await run('ts', '-verify', '-in', 'answer.tsr', '-queryfile', 'query.tsq', ...trusting);
      await run('ts', '-verify', '-in', 'answer.tsr', '-data', 'artifact', ...trusting);
    }
    await place.write('other', 'something else');
    await assert.rejects(run('ts', '-verify', '-in', 'answer.tsr', '-data', 'other', ...trusting));
  });

  it('`verify` builds the chains of leaf, intermediate and timestamp authority up to their roots', async () => {
    await run('verify', '-x509_strict', '-CAfile', 'root.pem', 'intermediate.pem');
    await run('verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'intermediate.pem', 'leaf.pem');
    const stamping = ['-purpose', 'timestampsign', '-x509_strict'];
    await run('verify', ...stamping, '-CAfile', 'tsa-root.pem', '-untrusted', 'tsa-chain.pem', 'tsa.pem');
    await assert.rejects(run('verify', '-CAfile', 'root.pem', 'leaf.pem'));
  });
});
