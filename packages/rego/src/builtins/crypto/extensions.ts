/** The extensions of certificates, RFC 5280 §4.2. */
import { DerReader, oidText, TAG } from './der.ts';
import { ascii } from './names.ts';

export interface Extension {
  readonly id: string;
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

export function parseExtensions(der: Uint8Array): Extension[] {
  const sequence = DerReader.of(der);
  const extensions: Extension[] = [];
  while (!sequence.isAtEnd) {
    const extension = sequence.enter();
    const id = extension.oid();
    const critical = extension.optional(TAG.boolean);
    extensions.push({ id, isCritical: (critical?.contents[0] ?? 0) !== 0, value: extension.octets() });
  }
  return extensions;
}

export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
  readonly ip: readonly Uint8Array[];
}

export interface NameConstraints {
  readonly isCritical: boolean;
  readonly permitted: AlternativeNames;
  readonly excluded: AlternativeNames;
}

/** All that Go reads of extensions; what is absent is `undefined`. */
export interface KnownExtensions {
  readonly keyUsage: number;
  readonly extKeyUsage: readonly string[] | undefined;
  readonly basicConstraints:
    | { readonly isCa: boolean; readonly maxPathLength: number | undefined }
    | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  readonly alternativeNames: AlternativeNames;
  readonly nameConstraints: NameConstraints | undefined;
  readonly policies: readonly string[] | undefined;
  readonly crlDistributionPoints: readonly string[];
  readonly ocspServers: readonly string[];
  readonly issuingUrls: readonly string[];
  readonly unhandledCritical: readonly string[];
}

const ID = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  policies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyId: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfo: '1.3.6.1.5.5.7.1.1',
} as const;
const KNOWN: ReadonlySet<string> = new Set(Object.values(ID));
const NO_NAMES: AlternativeNames = { dns: [], email: [], uri: [], ip: [] };

export function readExtensions(extensions: readonly Extension[]): KnownExtensions {
  const find = (id: string): Extension | undefined => extensions.find((extension) => extension.id === id);
  const read = <T>(id: string, parse: (value: Uint8Array) => T): T | undefined => {
    const extension = find(id);
    return extension === undefined ? undefined : parse(extension.value);
  };
  const info = read(ID.authorityInfo, parseAuthorityInfo);
  const constraints = read(ID.nameConstraints, parseNameConstraints);
  const names = read(ID.alternativeNames, (value) => parseNames(DerReader.of(value)));
  const isEmpty =
    names !== undefined && [names.dns, names.email, names.uri, names.ip].every((list) => list.length === 0);
  return {
    keyUsage: read(ID.keyUsage, parseKeyUsage) ?? 0,
    extKeyUsage: read(ID.extKeyUsage, parseOids),
    basicConstraints: read(ID.basicConstraints, parseBasicConstraints),
    subjectKeyId: read(ID.subjectKeyId, (value) => DerReader.of(value, TAG.octetString).rest),
    authorityKeyId: read(ID.authorityKeyId, (value) => DerReader.of(value).optional(0x80)?.contents),
    alternativeNames: names ?? NO_NAMES,
    nameConstraints:
      constraints === undefined
        ? undefined
        : { ...constraints, isCritical: find(ID.nameConstraints)?.isCritical === true },
    policies: read(ID.policies, (value) => listOf(DerReader.of(value), (policy) => policy.enter().oid())),
    crlDistributionPoints: read(ID.crlDistributionPoints, parseDistributionPoints) ?? [],
    ocspServers: info?.ocsp ?? [],
    issuingUrls: info?.issuers ?? [],
    // Alternative names of kinds that are not read leave a critical extension unhandled.
    unhandledCritical: extensions
      .filter(
        ({ id, isCritical }) => isCritical && (!KNOWN.has(id) || (id === ID.alternativeNames && isEmpty)),
      )
      .map(({ id }) => id),
  };
}

function listOf<T>(reader: DerReader, item: (reader: DerReader) => T): T[] {
  const items: T[] = [];
  while (!reader.isAtEnd) items.push(item(reader));
  return items;
}

function parseOids(value: Uint8Array): string[] {
  return listOf(DerReader.of(value), (reader) => reader.oid());
}

/** The first bit of the string is the lowest of the number. */
function parseKeyUsage(value: Uint8Array): number {
  const bits = DerReader.of(value, TAG.bitString).rest;
  let usage = 0;
  for (let bit = 0; bit < 9; bit++) {
    if (((bits[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) usage |= 1 << bit;
  }
  return usage;
}

function parseBasicConstraints(value: Uint8Array): { isCa: boolean; maxPathLength: number | undefined } {
  const fields = DerReader.of(value);
  const isCa = (fields.optional(TAG.boolean)?.contents[0] ?? 0) !== 0;
  return { isCa, maxPathLength: fields.isAtEnd ? undefined : Number(fields.integer()) };
}

const NAME_KINDS: ReadonlyMap<number, keyof AlternativeNames> = new Map([
  [0x81, 'email'],
  [0x82, 'dns'],
  [0x86, 'uri'],
  [0x87, 'ip'],
]);

function parseNames(reader: DerReader): AlternativeNames {
  const names = { dns: [] as string[], email: [] as string[], uri: [] as string[], ip: [] as Uint8Array[] };
  while (!reader.isAtEnd) {
    const { tag, contents } = reader.next();
    const kind = NAME_KINDS.get(tag);
    if (kind === 'ip') names.ip.push(contents);
    else if (kind !== undefined) names[kind].push(ascii(contents));
  }
  return names;
}

function parseNameConstraints(value: Uint8Array): Omit<NameConstraints, 'isCritical'> {
  const fields = DerReader.of(value);
  const trees = (tag: number): AlternativeNames => {
    const subtrees = fields.optional(tag);
    if (subtrees === undefined) return NO_NAMES;
    const bases = listOf(new DerReader(subtrees.contents), (reader) => reader.enter().next().raw);
    return parseNames(new DerReader(joined(bases)));
  };
  return { permitted: trees(0xa0), excluded: trees(0xa1) };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function parseAuthorityInfo(value: Uint8Array): { ocsp: string[]; issuers: string[] } {
  const info = { ocsp: [] as string[], issuers: [] as string[] };
  const reader = DerReader.of(value);
  while (!reader.isAtEnd) {
    const description = reader.enter();
    const method = oidText(description.expect(TAG.oid).contents);
    const { tag, contents } = description.next();
    if (tag !== 0x86) continue;
    if (method === '1.3.6.1.5.5.7.48.1') info.ocsp.push(ascii(contents));
    if (method === '1.3.6.1.5.5.7.48.2') info.issuers.push(ascii(contents));
  }
  return info;
}

function parseDistributionPoints(value: Uint8Array): string[] {
  return listOf(DerReader.of(value), (reader) => {
    const name = reader.enter().optional(0xa0);
    const full = name === undefined ? undefined : new DerReader(name.contents).optional(0xa0);
    return full === undefined ? [] : parseNames(new DerReader(full.contents)).uri;
  }).flat();
}
