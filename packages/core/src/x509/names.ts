import { fromUtf8, toHex } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { contextTag, DER, DerReader, type DerValue, derFault, enterDer } from './der-reader.ts';
import { NAME_ATTRIBUTES } from './oids.ts';

/** The kinds of name that say who somebody is; other kinds (addresses, directory names) are left out. */
export type SubjectAlternativeName =
  | { readonly type: 'email' | 'uri' | 'dns'; readonly value: string }
  | { readonly type: 'other-name'; readonly oid: string; readonly value: string };

/** Readable text of a Name in the order of the certificate: `O=sigstore.dev, CN=sigstore`. For people only. */
export function readName(value: Uint8Array): string {
  const parts: string[] = [];
  for (const set of new DerReader(value, 'certificate name').rest(64)) {
    if (set.tag !== DER.set) throw derFault('certificate name', 'expected a SET');
    for (const item of new DerReader(set.value, 'certificate name').rest(8)) parts.push(readAttribute(item));
  }
  return parts.join(', ');
}

function readAttribute(item: DerValue): string {
  if (item.tag !== DER.sequence) throw derFault('certificate name', 'expected a SEQUENCE');
  const fields = new DerReader(item.value, 'certificate name');
  const oid = fields.oid();
  const value = attributeText(fields.read());
  fields.end();
  return `${NAME_ATTRIBUTES[oid] ?? oid}=${value}`;
}

function attributeText({ tag, value }: DerValue): string {
  switch (tag) {
    case DER.utf8String:
      return utf8Text(value, 'certificate name');
    case 0x13: // PrintableString
    case 0x14: // TeletexString, by practice Latin-1
    case 0x16: // IA5String
      return Buffer.from(value).toString('latin1');
    default:
      return `#${toHex(value)}`;
  }
}

function utf8Text(value: Uint8Array, what: string): string {
  try {
    return fromUtf8(value, what);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw derFault(what, 'a UTF8String does not hold UTF-8');
  }
}

const GENERAL_NAMES: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = {
  [contextTag(1)]: 'email',
  [contextTag(2)]: 'dns',
  [contextTag(6)]: 'uri',
};

/** RFC 5280 §4.2.1.6. */
export function readSubjectAlternativeNames(extension: Uint8Array): readonly SubjectAlternativeName[] {
  const names: SubjectAlternativeName[] = [];
  for (const item of enterDer(extension, DER.sequence, 'subject alternative name').rest(256)) {
    const type = GENERAL_NAMES[item.tag];
    if (type) names.push({ type, value: ia5Text(item.value) });
    else if (item.tag === contextTag(0, 'constructed')) names.push(readOtherName(item.value));
  }
  return names;
}

function ia5Text(value: Uint8Array): string {
  // A NUL or control character inside a name has made checks and their readers disagree before.
  if (value.some((octet) => octet < 0x20 || octet > 0x7e)) {
    throw derFault('subject alternative name', 'expected printable ASCII');
  }
  return Buffer.from(value).toString('latin1');
}

function readOtherName(value: Uint8Array): SubjectAlternativeName {
  const fields = new DerReader(value, 'subject alternative name');
  const oid = fields.oid();
  const inner = fields.enter(contextTag(0, 'constructed'));
  fields.end();
  const item = inner.read();
  inner.end();
  // Fulcio's username identity is a UTF8String; what else stands here is shown, never matched as text.
  const text =
    item.tag === DER.utf8String
      ? utf8Text(item.value, 'subject alternative name')
      : `#${toHex(item.encoded)}`;
  return { type: 'other-name', oid, value: text };
}
