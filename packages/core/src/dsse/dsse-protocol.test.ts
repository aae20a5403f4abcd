import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../bytes/index.ts';
import { codeOf, jsonMutationsOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import { type Envelope, formatEnvelope, pae, parseEnvelope } from './index.ts';

const ENVELOPE: Envelope = {
  payloadType: 'http://example.com/HelloWorld',
  payload: utf8('hello world'),
  signatures: [
    { signature: Uint8Array.of(1, 2, 3), keyId: '' },
    { signature: Uint8Array.of(250, 255), keyId: 'key' },
  ],
};
const TEXT = formatEnvelope(ENVELOPE);

describe('pae', () => {
  it('is the example of protocol.md', () => {
    const text = Buffer.from(pae('http://example.com/HelloWorld', utf8('hello world'))).toString();
    assert.equal(text, 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('counts bytes, not characters', () => {
    assert.equal(Buffer.from(pae('é', utf8('ü'))).toString(), 'DSSEv1 2 é 2 ü');
  });
});

describe('parseEnvelope', () => {
  it('reads back what formatEnvelope writes, several signatures too', () => {
    const read = parseEnvelope(TEXT);
    assert.equal(formatEnvelope(read), TEXT);
    assert.deepEqual(
      read.signatures.map(({ keyId }) => keyId),
      ['', 'key'],
    );
  });

  it('takes URL-safe base64 and unknown fields', () => {
    const read = parseEnvelope(
      '{"payloadType":"a/b","payload":"_-8","signatures":[{"sig":"AQ","cert":"x"}],"extra":1}',
    );
    assert.deepEqual(Buffer.from(read.payload), Buffer.of(0xff, 0xef));
  });

  it('refuses what it must not guess about, with a code', () => {
    const signed = (signatures: string) =>
      `{"payloadType":"a/b","payload":"AAAA","signatures":${signatures}}`;
    assert.equal(
      codeOf(() => parseEnvelope(signed('[]'))),
      'dsse_no_signature',
    );
    assert.equal(
      codeOf(() => parseEnvelope('{"payloadType":"a/b","payload":"AAAA"}')),
      'dsse_no_signature',
    );
    assert.equal(
      codeOf(() => parseEnvelope(signed('[{"sig":"not base64!"}]'))),
      'dsse_not_base64',
    );
    assert.equal(
      codeOf(() => parseEnvelope(signed('[{"sig":""}]'))),
      'dsse_invalid',
    );
    assert.equal(
      codeOf(() => parseEnvelope(signed('{}'))),
      'dsse_invalid',
    );
    assert.equal(
      codeOf(() => parseEnvelope('[]')),
      'dsse_invalid',
    );
    assert.equal(
      codeOf(() => parseEnvelope('')),
      'dsse_invalid',
    );
    assert.equal(
      codeOf(() => parseEnvelope(signed(JSON.stringify(Array(65).fill({ sig: 'AQ==' }))))),
      'dsse_too_many_signatures',
    );
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyCodedErrors(() => parseEnvelope(bytes))));
    fc.assert(fc.property(mutationsOf(utf8(TEXT)), (bytes) => onlyCodedErrors(() => parseEnvelope(bytes))));
    fc.assert(fc.property(jsonMutationsOf(TEXT), (text) => onlyCodedErrors(() => parseEnvelope(text))));
  });
});
