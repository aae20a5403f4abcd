/** What a hostile or broken client may put where, for the tests of all routes. */
import { MEDIA_TYPE } from '@waybill/core/oci';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** One segment of a path. */
export const SEGMENTS: readonly string[] = [
  ...words(`
    %00 %ff %ED%A0%80 %F0%9F%92%A9 %c0%ae%c0%ae % %zz %u0000 %25 %20 %0d%0aX-Y:1
    .. . %2e%2e ..%2f..%2fetc%2fpasswd %5c..%5c ~ * :id %7B%7D [] ÿþ
    -1 0 1 00 1.5 1e309 99999999999999999999 9007199254740993 2147483648 NaN x000/000 000.p/256
    __proto__ constructor hasOwnProperty null undefined '%20or%20'1'='1 %27%3B--
    sha256: sha512:fff 00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-zzzzzzzzzzzz`),
  `sha256:${'0'.repeat(64)}`,
  'a'.repeat(1025),
  'a'.repeat(6000),
];

export const QUERIES: readonly string[] = [
  '',
  ...words(`
    ? ?&&=& ?limit=-1 ?limit=0 ?limit=1e999 ?limit=NaN ?limit=1&limit=2 ?limit[]=1 ?__proto__[x]=1 ?constructor=1
    ?before=-1 ?before=99999999999999999999 ?before=9007199254740993 ?revision=2147483648 ?revision=1.5
    ?project=%00 ?project=%ED%A0%80 ?project=%ff ?state=__proto__ ?cursor=%ff ?cursor=AAAA ?cursor=e30
    ?digest=sha256:..%2f.. ?digest=%00 ?digest=sha512:zz ?subject=%00 ?issuer=%ED%A0%80 ?certificate=sha256:
    ?n=-1 ?n=99999999999999999999 ?last=%ff ?last=%00 ?mount=x&from=..%2f.. ?digest-algorithm=md5
    ?artifactType=%00 ?artifactType=%ED%A0%80 ?scope=repository:..:pull ?scope=%00 ?account=%ff`),
  `?subject=${'s'.repeat(5000)}`,
  `?digest=sha256:${'0'.repeat(64)}`,
];

/** Bodies that no route takes. */
export const BODIES: readonly (string | Uint8Array)[] = [
  '',
  ...words(`
    null [] {} "" 0 -1e999 true { [[[[ {"a":1,"a":2} {}garbage {"__proto__":{"x":1}}
    {"constructor":{"prototype":{"x":1}}} {"name":"\\u0000"} {"name":"\\ud800"}
    {"schemaVersion":2} {"schemaVersion":2,"manifests":[{}],"layers":[]} {"credentials":[]}
    {"artifactHash":"AA==","nonce":-1} {"hashedRekordRequestV002":{"digest":1}}
    grant_type=password&password=%00 grant_type=%ff&subject_token=%ED%A0%80`),
  '\u0000',
  '['.repeat(50_000),
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `[${'0,'.repeat(50_000)}0]`,
  `"${'s'.repeat(300_000)}"`,
  `a=${'b'.repeat(70_000)}`,
  Uint8Array.of(0xff, 0xfe, 0x00),
  // DER of an open length, and of 4 GiB.
  Uint8Array.of(0x30, 0x80, 0x00),
  Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff),
];

/** What may stand in place of a member of a body. */
export const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  ' ',
  '\u0000',
  '\ud800',
  '\u202e',
  '../../etc/passwd',
  '__proto__',
  "'; --",
  'a'.repeat(100_000),
  [],
  [[]],
  ['a'],
  {},
  { toString: 1 },
  { type: 'project' },
];

export const TYPES: readonly string[] = [
  '',
  'application/json; charset=utf-16',
  MEDIA_TYPE.imageManifest,
  MEDIA_TYPE.imageIndex,
  ...words(`
    application/json text/plain application/x-www-form-urlencoded application/vnd.dev.sigstore.bundle.v0.3+json
    application/octet-stream application/timestamp-query multipart/form-data / a/b/c */*`),
];

export const HEADERS: readonly Readonly<Record<string, string>>[] = [
  {},
  { range: 'bytes=5-2' },
  { range: 'bytes=-99999999999999999999' },
  { range: 'lines=1' },
  { 'content-range': '5-2' },
  { 'content-range': 'bytes 0-1/*' },
  { 'content-encoding': 'gzip' },
  { accept: '\u00ff' },
  { 'x-request-id': '\u00ff' },
  { cookie: '__proto__=1' },
  { host: '..' },
];

/** Where the router stops and a room splits the rest itself; `#` is a segment. */
export const WILD: readonly string[] = words(`
  # default/p/app/manifests/# default/p/app/blobs/# default/p/app/blobs/uploads/# default/p/app/blobs/uploads/
  default/p/app/referrers/# default/p/app/tags/list #/tags/list #/blobs/# default/#/manifests/v1
  entries/# 0/# 0/000.p/# #/000`);

/** The body with one member, at any depth, replaced. */
export function mutant(body: unknown, at: number, value: unknown): unknown {
  const paths: string[][] = [[]];
  const walk = (node: unknown, path: string[]): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      paths.push([...path, key]);
      walk(child, [...path, key]);
    }
  };
  walk(body, []);
  const path = paths[at % paths.length] ?? [];
  const copy = structuredClone(body);
  let node = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) node = node[key] as Record<string, unknown>;
  const last = path.at(-1);
  if (last === undefined) return value;
  node[last] = value;
  return copy;
}
