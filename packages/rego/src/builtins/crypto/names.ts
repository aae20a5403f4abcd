/** Distinguished names and the strings of ASN.1. */
import { DerError, DerReader, oidText, TAG } from './der.ts';

/** The attributes of a name, in order. */
export type Name = readonly { readonly type: string; readonly value: string }[];

export function parseName(der: Uint8Array): Name {
  const sequence = DerReader.of(der);
  const name: { type: string; value: string }[] = [];
  while (!sequence.isAtEnd) {
    const set = sequence.enter(TAG.set);
    while (!set.isAtEnd) {
      const attribute = set.enter();
      const type = oidText(attribute.expect(TAG.oid).contents);
      const { tag, contents } = attribute.next();
      name.push({ type, value: stringOfTag(tag, contents) });
    }
  }
  return name;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');
const utf16 = new TextDecoder('utf-16be', { fatal: true });

function stringOfTag(tag: number, contents: Uint8Array): string {
  try {
    switch (tag) {
      case TAG.utf8String:
        return utf8.decode(contents);
      case TAG.bmpString:
        return utf16.decode(contents);
      case TAG.t61String:
        return latin1.decode(contents);
      case TAG.printableString:
      case TAG.ia5String:
      case 0x12:
        return ascii(contents);
      default:
        throw new DerError(`unsupported string type: ${tag}`);
    }
  } catch (error) {
    if (error instanceof TypeError) throw new DerError('invalid string');
    throw error;
  }
}

export function ascii(contents: Uint8Array): string {
  if (contents.some((byte) => byte > 0x7f)) throw new DerError('invalid ASCII string');
  return utf8.decode(contents);
}
