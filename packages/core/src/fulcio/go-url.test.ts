import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '../errors.ts';
import { formatGoUrl, hostnameOf, joinGoPath, parseGoUrl } from './go-url.ts';

/** Written, and as Go 1.26 writes what it read. */
const SAME: readonly (readonly [string, string])[] = [
  ['HTTPS://Example.com/U', 'https://Example.com/U'],
  ['https://example.com/a b/ü', 'https://example.com/a%20b/%C3%BC'],
  ["https://example.com/it's-[x]", "https://example.com/it's-[x]"],
  ["https://example.com/it's {y}", 'https://example.com/it%27s%20%7By%7D'],
  ['https://example.com/a%2Fb', 'https://example.com/a%2Fb'],
  ['https://example.com/a/../b', 'https://example.com/a/../b'],
  ['https://example.com?', 'https://example.com?'],
  ['https://example.com/#é', 'https://example.com/#%C3%A9'],
  ['https:///jobs', 'https:///jobs'],
  ['https:/jobs', 'https:/jobs'],
  ['urn:a:b c', 'urn:a:b c'],
  ['https://u:p%40@h/', 'https://u:p%40@h/'],
  ['https://bücher.example/', 'https://b%C3%BCcher.example/'],
  ['https://[2001:db8::1]:8443/x', 'https://[2001:db8::1]:8443/x'],
  ['*', '*'],
  ['', ''],
];

const REFUSED = [
  'https://example.com/100%',
  'https://example.com/100%zz',
  'https://example.com/a\tb',
  'https://exa mple.com/',
  'https://example.com\\@evil.org/u',
  'https://example.com:80:90/',
  'https://example.com:8x/',
  'https://%41.example/',
  'https://[::1',
  'https://a[::1]/',
  ':jobs',
  '1a:b',
];

describe('parseGoUrl', () => {
  it('writes what it read as Go does', () => {
    for (const [written, expected] of SAME) assert.equal(formatGoUrl(parseGoUrl(written)), expected, written);
  });

  it('refuses what Go refuses', () => {
    for (const text of REFUSED) {
      assert.throws(
        () => parseGoUrl(text),
        (error) => isCoded(error, 'fulcio_url_invalid'),
        text,
      );
    }
  });

  it('knows the host whatever stands around it', () => {
    const hosts = ['https://example.com@evil.org/u', 'https://[::1]:8443/', 'https://h:1/', 'urn:x'];
    assert.deepEqual(
      hosts.map((text) => hostnameOf(parseGoUrl(text))),
      ['evil.org', '::1', 'h', ''],
    );
  });
});

describe('joinGoPath', () => {
  const base = parseGoUrl('https://h.example');
  const joined = (...elements: readonly string[]): string => formatGoUrl(joinGoPath(base, ...elements));

  it('cleans the path, and keeps a slash at its end', () => {
    assert.equal(joined('a/../../b'), 'https://h.example/b');
    assert.equal(joined('a/', 'b/'), 'https://h.example/a/b/');
    assert.equal(joined('', 'x:y/z'), 'https://h.example/x:y/z');
  });

  it('refuses a path that Go would drop', () => {
    assert.throws(
      () => joined('a/100%'),
      (error) => isCoded(error, 'fulcio_url_invalid'),
    );
  });
});
