import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromPlain, parseJson, toJson, toPlain } from './json.ts';
import { numberFromText } from './number.ts';
import { compare, equal, hashOf } from './order.ts';
import { termText } from './text.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from './value.ts';

const scalars = fc.oneof(
  fc.constantFrom<Value>(null, true, false, numberFromText('1.0'), numberFromText('1e2'), 10n ** 20n, 100, 1),
  fc.integer(),
  fc.string({ unit: 'binary' }),
);
const { value: values } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => new RegoArray(items)),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => RegoSet.of(items)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => RegoObject.of(entries)),
  ),
}));

describe('compare', () => {
  it('is an order that agrees with equality and hashes', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        assert.equal(Math.sign(compare(a, b)), -Math.sign(compare(b, a)) + 0);
        assert.equal(compare(a, b) === 0, equal(a, b));
        if (equal(a, b)) assert.equal(hashOf(a), hashOf(b));
        if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0);
      }),
    );
  });

  it('puts null before booleans, numbers, strings, arrays, objects and sets, and strings by code point', () => {
    const ordered = [
      null,
      false,
      true,
      -1,
      7.5,
      'a',
      '\uffee',
      '\u{1f600}',
      new RegoArray([]),
      RegoObject.empty,
    ];
    assert.deepEqual([RegoSet.empty, ...ordered].sort(compare), [...ordered, RegoSet.empty]);
  });
});

describe('RegoSet', () => {
  it('keeps the first of equal members', () => {
    const numbers = ['1e2', '100', '100.0'].map(numberFromText);
    assert.equal(termText(RegoSet.of(numbers)), '{1e2}');
    assert.equal(termText(RegoSet.of([numbers[1] ?? null, numbers[0] ?? null])), '{100}');
    assert.ok(RegoSet.of(numbers).has(100));
  });

  it('stays fast when all hashes collide', () => {
    const members = Array.from({ length: 3000 }, (_, i) => {
      const array = new RegoArray([i]);
      Object.assign(array, { cachedHash: 7 });
      return array;
    });
    assert.equal(RegoSet.of(members).size, 3000);
  });
});

describe('parseJson', () => {
  it('gives back the text, numbers as written and keys in order', () => {
    const text = '{"__proto__":1.0,"a":[1e2,-0,9007199254740993,7.5,{"constructor":null}],"toString":"1.0"}';
    assert.equal(toJson(parseJson(text)), text);
  });

  it('finds own members only', () => {
    const object = parseJson('{"a":1}');
    assert.ok(object instanceof RegoObject);
    for (const key of ['__proto__', 'constructor', 'toString']) assert.equal(object.get(key), undefined);
  });

  it('reads and writes any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value = parseJson(json);
        assert.ok(equal(value, fromPlain(JSON.parse(json))));
        assert.ok(equal(value, parseJson(toJson(value))));
        assert.deepEqual(toPlain(value), JSON.parse(json));
      }),
    );
  });
});

describe('toJson', () => {
  it('writes sets as arrays and other keys as the text of their JSON', () => {
    const value = RegoObject.of([
      [numberFromText('1.0'), RegoSet.of(['b', 'a'])],
      [new RegoArray([1, '<']), null],
    ]);
    assert.equal(toJson(value), '{"1.0":["a","b"],"[1,\\"<\\"]":null}');
    assert.equal(toJson('<\u2028', { escapeHtml: true }), '"\\u003c\\u2028"');
  });

  it('writes numbers as JSON has them', () => {
    assert.equal(toJson(new RegoArray(['.5', '-.50', '5e400'].map(numberFromText))), '[0.5,-0.50,5e400]');
  });
});

describe('termText', () => {
  it('prints as OPA does', () => {
    assert.equal(termText('a"\u0007\n\u00a0é\u{e0001}'), '"a\\"\\a\\n\\u00a0é\\U000e0001"');
    assert.equal(termText(RegoSet.empty), 'set()');
    assert.equal(termText(RegoObject.of([['a', RegoSet.of([1])]])), '{"a": {1}}');
  });
});
