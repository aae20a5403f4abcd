import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toHex } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { DER, DerReader } from './der-reader.ts';
import {
  derBitString,
  derBoolean,
  derGeneralizedTime,
  derImplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSetOf,
  derTime,
  derUtf8String,
} from './der-writer.ts';

const reader = (der: Uint8Array) => new DerReader(der, 'test');
const refused = (error: unknown) => isCoded(error, 'x509_der_write');

describe('DER writer', () => {
  it('writes lengths in the fewest octets', () => {
    for (const [size, head] of [
      [0, '0400'],
      [127, '047f'],
      [128, '048180'],
      [256, '04820100'],
      [65536, '0483010000'],
    ] as const) {
      assert.equal(toHex(derOctetString(new Uint8Array(size))).slice(0, head.length), head);
      assert.equal(reader(derOctetString(new Uint8Array(size))).octetString().length, size);
    }
  });

  it('writes integers in the fewest octets and never negative', () => {
    const cases: readonly [number | bigint | Uint8Array, string][] = [
      [0, '020100'],
      [127, '02017f'],
      [128, '02020080'],
      [2n ** 64n, '0209010000000000000000'],
      [Uint8Array.of(0, 0, 0xff), '020200ff'],
    ];
    for (const [value, hex] of cases) assert.equal(toHex(derInteger(value)), hex);
    assert.throws(() => derInteger(-1), refused);
    assert.throws(() => derInteger(new Uint8Array()), refused);
  });

  it('writes object identifiers that the reader gives back', () => {
    const arc = fc.nat(2 ** 31 - 1);
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(2), fc.nat(39), arc, fc.array(arc, { maxLength: 5 })),
        ([a, b, c, rest]) => {
          const dotted = [a, b, c, ...rest].join('.');
          assert.equal(reader(derOid(dotted)).oid(), dotted);
        },
      ),
    );
    assert.equal(toHex(derOid('2.999.3')), '0603883703');
    for (const bad of ['', '1', '3.1.2', '1.40.1', '1.2.x', '1.02.3'])
      assert.throws(() => derOid(bad), refused);
  });

  it('writes times as RFC 5280 §4.1.2.5 wants them', () => {
    assert.equal(
      Buffer.from(derTime(new Date('2049-12-31T23:59:59.999Z')).subarray(2)).toString(),
      '491231235959Z',
    );
    assert.equal(
      Buffer.from(derTime(new Date('2050-01-01T00:00:00Z')).subarray(2)).toString(),
      '20500101000000Z',
    );
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1950-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (date) => {
          const seconds = Math.floor(date.getTime() / 1000) * 1000;
          assert.equal(reader(derTime(date)).time().getTime(), seconds);
          assert.equal(reader(derGeneralizedTime(date)).time().getTime(), seconds);
        },
      ),
    );
    assert.throws(() => derTime(new Date('1949-12-31')), refused);
    assert.throws(() => derTime(new Date(Number.NaN)), refused);
    assert.throws(() => derGeneralizedTime(new Date('+010000-01-01T00:00:00Z')), refused);
  });

  it('sorts a SET OF by its encodings', () => {
    assert.equal(toHex(derSetOf(derInteger(300), derInteger(2), derInteger(1))), '310a0201010201020202012c');
  });

  it('writes the other types in their one form', () => {
    assert.equal(toHex(derBoolean(true)), '0101ff');
    assert.equal(toHex(derBoolean(false)), '010100');
    assert.equal(toHex(derNull()), '0500');
    assert.equal(toHex(derBitString(Uint8Array.of(0x80), 7)), '03020780');
    assert.equal(toHex(derUtf8String('é')), '0c02c3a9');
    assert.equal(reader(derImplicit(1, Uint8Array.of(1))).read().tag, 0x81);
    assert.equal(reader(derSetOf()).read(DER.set).value.length, 0);
  });
});
