/**
 * RFC 3161 §2.4 over HTTP, request by request: what is granted and what is refused, beside the answers of Sigstore's
 * own `timestamp-server` (v2.1.3) to the same bytes. A row where the two differ says why.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sha256 } from '@waybill/core/crypto';
import { parsePem, parseTimestamp, TIMESTAMP_POLICY, verifyTimestamp } from '@waybill/core/x509';
import { freePort, requirePeer, type TempDir, type TestWorld, tempDir, testWorld } from '@waybill/testkit';

const QUERY = 'application/timestamp-query';
const JSON_TYPE = 'application/json';
const ARTIFACT = Buffer.from('what is dated');
const DIGEST = Buffer.from(sha256(ARTIFACT));

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** DER by hand: a length of one octet, or two after 0x82. */
const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const value = Buffer.concat(parts);
  const length = value.length < 128 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
};
const OID = {
  sha256: hex('0609 6086480165030402 01'),
  sha384: hex('0609 6086480165030402 02'),
  sha512: hex('0609 6086480165030402 03'),
  sha224: hex('0609 6086480165030402 04'),
  sha3: hex('0609 6086480165030402 08'),
  sha1: hex('0605 2b0e03021a'),
  policy: hex('0609 2b0601040183bf3002'),
  other: hex('0603 2a0304'),
};
const NULL = hex('0500');
const TRUE = hex('0101ff');
const V1 = hex('020101');
const integer = (...octets: readonly number[]): Buffer => tlv(2, Buffer.from(octets));
const imprint = (hash: Uint8Array, digest: Uint8Array, parameters: Uint8Array = NULL): Buffer =>
  tlv(0x30, tlv(0x30, hash, parameters), tlv(4, digest));
const ask = (...more: readonly Uint8Array[]): Buffer => tlv(0x30, V1, imprint(OID.sha256, DIGEST), ...more);
const askOver = (hash: Uint8Array, size: number): Buffer =>
  tlv(0x30, V1, imprint(hash, Buffer.alloc(size, 7)));
const extension = tlv(0xa0, tlv(0x30, OID.other, tlv(4, NULL)));

const artifactHash = DIGEST.toString('base64');
const inJson = (more: object = {}, hashAlgorithm: unknown = 'sha256'): Buffer =>
  Buffer.from(JSON.stringify({ artifactHash, hashAlgorithm, ...more }));
/** Numbers as they are spelled, which JSON.stringify could not. */
const withNonce = (spelled: string): Buffer =>
  Buffer.from(`{"artifactHash":"${artifactHash}","hashAlgorithm":"sha256","nonce":${spelled}}`);

interface Expected {
  readonly status: number;
  /** Of a refusal: how the message begins. */
  readonly says?: string;
  /** Hex of the content octets; null: none. */
  readonly nonce?: string | null;
  readonly certificates?: number;
}

interface Row {
  readonly name: string;
  readonly type?: string;
  readonly body: Uint8Array;
  readonly ours: Expected;
  /** Left out where it is the same. */
  readonly theirs?: Expected;
  readonly why?: string;
}

const granted = (more: Omit<Expected, 'status'> = {}): Expected => ({
  status: 200,
  nonce: null,
  certificates: 0,
  ...more,
});
const refused = (says: string, status = 400): Expected => ({ status, says });
const GENERAL = refused('Error generating timestamp response');
const WEAK = refused('Weak hash algorithm in timestamp request');
const LENGTH = refused('Message digest has incorrect length for specified algorithm');
const POLICY = refused('unaccepted policy: requested TSA policy is not supported by the TSA');
const EXTENSION = refused('unaccepted extension: requested extensions are not supported by the TSA');
const LARGE = refused('timestamp request is too large');
const MISSING: Expected = refused('request in body is required', 422);
/** Upstream lists the two that it takes in the order of a map, another in each process. */
const mediaType = (found: string): Expected =>
  refused(`unsupported media type "${found}", only [application/`, 415);

const strict = 'Go passes over values that it does not expect; in DER there are none';

const DER_ROWS: readonly Row[] = [
  { name: 'a hash alone', body: ask(), ours: granted() },
  { name: 'certReq true: the signing certificate', body: ask(TRUE), ours: granted({ certificates: 1 }) },
  { name: 'certReq spelled out as false', body: ask(hex('010100')), ours: granted() },
  { name: 'certReq as BER spells true', body: ask(hex('010101')), ours: GENERAL },
  {
    name: 'a nonce of 64 bits',
    body: ask(hex('0208 0123456789abcdef')),
    ours: granted({ nonce: '0123456789abcdef' }),
  },
  { name: 'a nonce with its top bit set', body: ask(hex('0202 00ff')), ours: granted({ nonce: '00ff' }) },
  { name: 'a negative nonce', body: ask(integer(0xff)), ours: granted({ nonce: 'ff' }) },
  { name: 'a nonce of zero', body: ask(integer(0)), ours: granted({ nonce: '00' }) },
  {
    name: 'a nonce of 1,000 octets',
    body: ask(tlv(2, Buffer.alloc(1000, 1))),
    ours: granted({ nonce: '01'.repeat(1000) }),
  },
  { name: 'a nonce that is not minimal', body: ask(hex('0202 0001')), ours: GENERAL },
  { name: 'a nonce without octets', body: ask(hex('0200')), ours: GENERAL },
  { name: 'our policy', body: ask(OID.policy), ours: granted() },
  { name: 'another policy', body: ask(OID.other), ours: POLICY },
  {
    name: 'policy, nonce and certificate together',
    body: ask(OID.policy, integer(5), TRUE),
    ours: granted({ nonce: '05', certificates: 1 }),
  },
  {
    name: 'nonce before policy',
    body: ask(integer(5), OID.policy),
    ours: GENERAL,
    theirs: granted({ nonce: '05' }),
    why: strict,
  },
  { name: 'an extension', body: ask(extension), ours: EXTENSION },
  {
    name: 'a list of no extensions',
    body: ask(tlv(0xa0)),
    ours: EXTENSION,
    theirs: granted(),
    why: 'RFC 5280 §4.1: Extensions holds at least one',
  },
  {
    name: 'version 2',
    body: tlv(0x30, integer(2), imprint(OID.sha256, DIGEST)),
    ours: GENERAL,
    theirs: granted(),
    why: 'a later version may mean something else by the same fields',
  },
  { name: 'no version', body: tlv(0x30, imprint(OID.sha256, DIGEST)), ours: GENERAL },
  { name: 'SHA-384', body: askOver(OID.sha384, 48), ours: granted() },
  { name: 'SHA-512', body: askOver(OID.sha512, 64), ours: granted() },
  { name: 'SHA-1', body: askOver(OID.sha1, 20), ours: WEAK },
  { name: 'SHA-224', body: askOver(OID.sha224, 28), ours: GENERAL },
  { name: 'SHA3-256', body: askOver(OID.sha3, 32), ours: GENERAL },
  {
    name: 'a hash without parameters',
    body: tlv(0x30, V1, imprint(OID.sha256, DIGEST, new Uint8Array())),
    ours: granted(),
  },
  {
    name: 'a hash with parameters that it has not',
    body: tlv(0x30, V1, imprint(OID.sha256, DIGEST, integer(1))),
    ours: GENERAL,
    theirs: granted(),
    why: 'RFC 5754 §2: absent, or NULL',
  },
  { name: 'a digest too short', body: askOver(OID.sha256, 31), ours: LENGTH },
  { name: 'a digest too long', body: askOver(OID.sha256, 33), ours: LENGTH },
  {
    name: 'no digest',
    body: askOver(OID.sha256, 0),
    ours: LENGTH,
    theirs: GENERAL,
    why: 'the same fault as any other length',
  },
  { name: 'nothing', body: new Uint8Array(), ours: MISSING },
  { name: 'text', body: Buffer.from('nonsense'), ours: GENERAL },
  { name: 'an octet too many', body: Buffer.concat([ask(), hex('00')]), ours: GENERAL },
  { name: 'a value too many', body: ask(hex('0c0178')), ours: GENERAL, theirs: granted(), why: strict },
  { name: 'an octet too few', body: ask().subarray(0, -1), ours: GENERAL },
  {
    name: 'an indefinite length',
    body: Buffer.concat([hex('3080'), ask().subarray(2), hex('0000')]),
    ours: GENERAL,
  },
  { name: 'a length not minimal', body: Buffer.concat([hex('3081'), ask().subarray(1)]), ours: GENERAL },
  { name: 'JSON under the type of DER', body: inJson(), ours: GENERAL },
];

const parameters = 'mended upstream after v2.1.3 (pull request 1458)';

const TYPE_ROWS: readonly Row[] = [
  { name: 'no type', type: '', body: ask(), ours: mediaType('application/octet-stream') },
  { name: 'text/plain', type: 'text/plain', body: ask(), ours: mediaType('text/plain') },
  {
    name: 'a type that begins as JSON does',
    type: 'application/json-patch+json',
    body: inJson(),
    ours: mediaType('application/json-patch+json'),
  },
  {
    name: 'DER with parameters',
    type: `${QUERY}; charset=binary`,
    body: ask(),
    ours: granted(),
    theirs: GENERAL,
    why: parameters,
  },
  {
    name: 'JSON with parameters',
    type: `${JSON_TYPE}; charset=utf-8`,
    body: inJson(),
    ours: granted(),
    theirs: GENERAL,
    why: parameters,
  },
  {
    name: 'capital letters',
    type: 'Application/Timestamp-Query',
    body: ask(),
    ours: granted(),
    theirs: refused('Error generating timestamp response', 415),
    why: parameters,
  },
];

const JSON_ROWS: readonly Row[] = [
  { name: 'a hash alone', body: inJson(), ours: granted() },
  { name: 'certificates', body: inJson({ certificates: true }), ours: granted({ certificates: 1 }) },
  { name: 'certificates: null', body: inJson({ certificates: null }), ours: granted() },
  { name: 'certificates as text', body: inJson({ certificates: 'true' }), ours: GENERAL },
  { name: 'a nonce', body: withNonce('5'), ours: granted({ nonce: '05' }) },
  { name: 'a nonce of zero', body: withNonce('0'), ours: granted({ nonce: '00' }) },
  { name: 'no nonce', body: withNonce('null'), ours: granted() },
  {
    name: 'a nonce of 64 bits, to the last digit',
    body: withNonce('18446744073709551615'),
    ours: granted({ nonce: `00${'ff'.repeat(8)}` }),
  },
  {
    name: 'a nonce of 160 bits',
    body: withNonce('1461501637330902918203684832716283019655932542975'),
    ours: granted({ nonce: `00${'ff'.repeat(20)}` }),
  },
  { name: 'a nonce of -1', body: withNonce('-1'), ours: granted({ nonce: 'ff' }) },
  { name: 'a nonce of -129', body: withNonce('-129'), ours: granted({ nonce: 'ff7f' }) },
  { name: 'a nonce with a fraction', body: withNonce('1.5'), ours: GENERAL },
  { name: 'a nonce with an exponent', body: withNonce('1e3'), ours: GENERAL },
  { name: 'a nonce as text', body: withNonce('"5"'), ours: GENERAL },
  {
    name: 'a nonce beside one that lies deeper',
    body: withNonce('5,"more":{"nonce":6}'),
    ours: granted({ nonce: '05' }),
  },
  { name: 'our policy', body: inJson({ tsaPolicyOID: TIMESTAMP_POLICY }), ours: granted() },
  { name: 'no policy', body: inJson({ tsaPolicyOID: '' }), ours: granted() },
  { name: 'another policy', body: inJson({ tsaPolicyOID: '1.2.3' }), ours: POLICY },
  {
    name: 'a policy that is no OID',
    body: inJson({ tsaPolicyOID: 'a.b' }),
    ours: POLICY,
    theirs: refused('OID should be comprised of at most 128 components'),
    why: 'it is not our policy, whatever else it is',
  },
  { name: 'SHA256 in capitals', body: inJson({}, 'SHA256'), ours: granted() },
  { name: 'SHA-256 with a hyphen', body: inJson({}, 'SHA-256'), ours: GENERAL },
  { name: 'SHA-1', body: inJson({}, 'sha1'), ours: WEAK },
  { name: 'no algorithm', body: inJson({ hashAlgorithm: undefined }), ours: GENERAL },
  { name: 'a digest too short', body: inJson({ artifactHash: 'AAAA' }), ours: LENGTH },
  {
    name: 'no digest',
    body: inJson({ artifactHash: undefined }),
    ours: GENERAL,
    theirs: LENGTH,
    why: 'what is missing is named',
  },
  { name: 'a digest that is not base64', body: inJson({ artifactHash: '?' }), ours: GENERAL },
  { name: 'a member that nobody knows', body: inJson({ other: 1 }), ours: granted() },
  {
    name: 'a member twice',
    body: Buffer.from(`{"artifactHash":"AAAA",${inJson().toString().slice(1)}`),
    ours: GENERAL,
    theirs: granted(),
    why: 'two readers may disagree on which one counts',
  },
  { name: 'an array', body: Buffer.from('[]'), ours: GENERAL },
  { name: 'cut off', body: inJson().subarray(0, 20), ours: GENERAL },
  { name: 'more than 1,024 bytes', body: Buffer.concat([inJson(), Buffer.alloc(1024, 0x20)]), ours: LARGE },
  { name: 'nothing', body: new Uint8Array(), ours: MISSING },
  { name: 'DER under the type of JSON', body: ask(), ours: GENERAL },
];

const ROWS: readonly (Row & { readonly type: string })[] = [
  ...DER_ROWS.map((row) => ({ type: QUERY, ...row, name: `DER: ${row.name}` })),
  ...TYPE_ROWS.map((row) => ({ type: '', ...row, name: `type: ${row.name}` })),
  ...JSON_ROWS.map((row) => ({ type: JSON_TYPE, ...row, name: `JSON: ${row.name}` })),
];

const openssl = requirePeer('openssl');
const peer = requirePeer('timestamp-server');

let world: TestWorld;
let folder: TempDir;
before(async () => {
  [world, folder] = await Promise.all([testWorld(), tempDir()]);
});
after(async () => {
  await world.close();
  await folder.remove();
});

async function post(url: string, type: string, body: Uint8Array): Promise<Response> {
  const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
  return fetch(`${url}/api/v1/timestamp`, { method: 'POST', headers, body: Buffer.from(body) });
}

async function hold(answer: Response, expected: Expected): Promise<void> {
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(answer.status, expected.status, bytes.toString('latin1', 0, 300));
  if (expected.status === 200) {
    assert.equal(answer.headers.get('content-type'), 'application/timestamp-reply');
    const { nonce, certificates, policy } = parseTimestamp(bytes);
    const found = { nonce, certificates: certificates.length, policy };
    const wanted = { nonce: expected.nonce, certificates: expected.certificates };
    assert.deepEqual(found, { ...wanted, policy: TIMESTAMP_POLICY });
    return;
  }
  const { code, message, ...more } = JSON.parse(bytes.toString()) as { code: number; message: string };
  assert.deepEqual({ code, more }, { code: expected.status === 422 ? 602 : expected.status, more: {} });
  assert.ok(message.startsWith(expected.says ?? ''), message);
}

describe('POST /api/v1/timestamp', () => {
  for (const { name, type, body, ours } of ROWS)
    it(name, async () => hold(await post(world.url, type, body), ours));

  it('names the authority, with an accuracy and without ordering', { skip: openssl.skip }, async () => {
    const text = await shown(await stamped(ask(integer(5), TRUE)));
    assert.match(text, /Accuracy: 0x01 seconds, unspecified millis, unspecified micros/);
    assert.match(text, /Ordering: no/);
    assert.match(text, /TSA: DirName:\/O=127\.0\.0\.1\/CN=Waybill timestamp/);
  });

  it('puts just the certificate that signs into the answer; the chain is published', async () => {
    const certificates = parsePem(await (await fetch(`${world.url}/api/v1/timestamp/certchain`)).text());
    const timestamp = parseTimestamp(await stamped(ask(TRUE)));
    assert.deepEqual(timestamp.certificates.map(Buffer.from), [Buffer.from(certificates[0]?.der ?? [])]);
    verifyTimestamp(timestamp, ARTIFACT, { certificates });
  });
});

async function stamped(request: Uint8Array): Promise<Buffer> {
  return Buffer.from(await (await post(world.url, QUERY, request)).arrayBuffer());
}

async function shown(response: Uint8Array): Promise<string> {
  const file = join(folder.path, 'answer.tsr');
  await writeFile(file, response);
  const { stdout } = spawnSync(openssl.path ?? '', ['ts', '-reply', '-in', file, '-text'], {
    encoding: 'utf8',
  });
  return stdout;
}

describe('timestamp-server, asked the same', { skip: peer.skip }, () => {
  let server: ChildProcess;
  let url: string;
  before(async () => {
    const port = await freePort();
    const args = `serve --host 127.0.0.1 --port ${port} --timestamp-signer memory --disable-ntp-monitoring`;
    server = spawn(peer.path ?? '', args.split(' '), { stdio: 'ignore' });
    url = `http://127.0.0.1:${port}`;
    while (!(await answers(url))) assert.equal(server.exitCode, null, 'it has ended');
  });
  after(async () => {
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  });

  for (const { name, type, body, ours, theirs = ours, why } of ROWS)
    it(why === undefined ? name : `${name} (differs: ${why})`, async () =>
      hold(await post(url, type, body), theirs),
    );

  it('differs only where a reason is given', () => {
    for (const { name, theirs, why } of ROWS) assert.equal(theirs === undefined, why === undefined, name);
  });
});

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
