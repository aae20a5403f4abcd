/** No room for the log: it says "later" to its clients and to its operators, and goes on by itself. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { toBase64, utf8 } from '@waybill/core/bytes';
import { sha256, spkiOf } from '@waybill/core/crypto';
import { freePort, noSmallDisk, smallDisk, startProcess, tempDir } from '@waybill/testkit';
import { runFsck } from '../../../tools/fsck/run-fsck.ts';

const skip = await noSmallDisk();
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function requestFor(text: string): string {
  const message = utf8(text);
  const key = { rawBytes: toBase64(spkiOf(publicKey)) };
  const signature = {
    content: toBase64(sign('sha256', message, privateKey)),
    verifier: { publicKey: key, keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
  };
  return JSON.stringify({ hashedRekordRequestV002: { digest: toBase64(sha256(message)), signature } });
}

describe('a full disk under the log', () => {
  it('is 503 and a figure; with room again the same request is taken, without a restart', {
    skip,
  }, async () => {
    await using directory = await tempDir('waybill-log-full-');
    const blobs = join(directory.path, 'blobs');
    await using disk = await smallDisk(blobs, 1024 * 1024);
    const dataDir = join(directory.path, 'data');
    const server = await startProcess({ dataDir, port: await freePort(), more: ['--blobs', blobs] });
    const post = async (body: string) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body };
      const response = await fetch(`${server.url}/api/v2/log/entries`, init);
      const answer = (await response.json()) as Record<string, unknown>;
      return { status: response.status, retryAfter: response.headers.get('retry-after'), answer };
    };
    const figure = async (line: string): Promise<number> => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((one) => one.startsWith(line))
          ?.split(' ')
          .at(-1),
      );
    };
    // The same signature each time: another one over the same bytes would be another entry.
    const [before, during, later] = ['before', 'during', 'later'].map(requestFor) as [string, string, string];
    try {
      assert.equal((await post(before)).status, 201);
      assert.equal(await figure('waybill_tlog_failed_batches_total{log="rekor"}'), 0);
      await disk.fill();
      const refused = await post(during);
      assert.deepEqual([refused.status, refused.retryAfter, refused.answer['code']], [503, '1', 14]);
      assert.match(String(refused.answer['message']), /\(blob_disk_full\): try again/);
      assert.ok((await figure('waybill_tlog_failed_batches_total{log="rekor"}')) >= 1);
      // What is there can still be read.
      assert.equal((await fetch(`${server.url}/api/v2/tile/0/000.p/2`)).status, 200);
      await disk.drain();
      assert.equal((await post(during)).status, 201);
      assert.equal((await post(before)).status, 409);
      assert.equal((await post(later)).status, 201);
    } finally {
      await server.end('SIGTERM');
    }
    const { code, output } = await runFsck('--data', dataDir, '--blobs', blobs);
    assert.equal(code, 0, output);
    assert.match(output, /: 4 entries: good/);
  });
});
