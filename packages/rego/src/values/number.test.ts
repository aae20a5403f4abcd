import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  absolute,
  add,
  ceil,
  compareNumbers,
  divide,
  floor,
  multiply,
  numberFromText,
  numberText,
  remainder,
  round,
} from './number.ts';

const of = numberFromText;
const text = (value: ReturnType<typeof of> | undefined): string | undefined =>
  value === undefined ? undefined : numberText(value);

describe('numberText', () => {
  it('gives back what was read', () => {
    for (const written of [
      '0',
      '-0',
      '1.0',
      '1e2',
      '1.10',
      '1e21',
      '1e400',
      '7.5',
      '1e-7',
      '9007199254740993',
    ]) {
      assert.equal(text(of(written)), written);
    }
  });
});

describe('arithmetic', () => {
  it('is that of OPA 1.22', () => {
    const cases: readonly (readonly [string | undefined, string])[] = [
      [text(add(of('1e21'), 0)), '1000000000000000000000'],
      [text(add(of('0.1'), of('0.2'))), '0.3'],
      [text(divide(1, 3)), '0.33333333333333333334'],
      [text(multiply(divide(2, 3) ?? 0, 3)), '2'],
      [text(divide(of('10000000000000000000001'), 2)), '5000000000000000000000'],
      [text(multiply(of('0.0000001'), 1)), '1e-07'],
      [text(add(of('123456789.123456789'), 0)), '1.23456789123456789e+08'],
      [text(add(of('100000000000000000000.5'), 0)), '100000000000000000000'],
      [text(add(of('1.5'), of('12345678901234567890123456789'))), '12345678901234567890000000000'],
      [text(floor(of('-1.5'))), '-2'],
      [text(floor(of('1e30'))), '1000000000000000000024696061952'],
      [text(round(of('-2.5'))), '-3'],
      [text(ceil(of('1.2'))), '2'],
      [text(absolute(of('-7.25'))), '7.25'],
      [text(remainder(of('1e3'), 7)), '6'],
      [text(multiply(-1, 0)), '0'],
    ];
    for (const [got, expected] of cases) assert.equal(got, expected);
  });

  it('has no value for a division by zero or the remainder of a fraction', () => {
    assert.equal(divide(1, of('0.0')), undefined);
    assert.equal(remainder(of('7.5'), 2), undefined);
  });
});

describe('compareNumbers', () => {
  it('is exact, whatever the notation', () => {
    assert.equal(compareNumbers(of('1e2'), of('100.0')), 0);
    assert.equal(compareNumbers(of('100000000000000000000.5'), of('100000000000000000000')), 1);
    assert.equal(compareNumbers(of('1e1000000000'), of('2')), 1);
    assert.equal(compareNumbers(of('-1e400'), of('-1e401')), 1);
    assert.equal(compareNumbers(of('0.5'), of('0.50')), 0);
  });
});
