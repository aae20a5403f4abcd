/** The declared types of the built-in functions, for the type checker. */
import { SIGNATURE_TEXTS } from './signature-texts.ts';

/** A type of the checker, as OPA writes it; `any` without members is every type. */
export type Type =
  | { readonly type: 'null' | 'boolean' | 'number' | 'string' }
  | { readonly type: 'any'; readonly of: readonly Type[] }
  | { readonly type: 'array'; readonly static: readonly Type[]; readonly dynamic: Type | undefined }
  | { readonly type: 'set'; readonly of: Type }
  | {
      readonly type: 'object';
      readonly static: readonly StaticProperty[];
      readonly dynamic: { readonly key: Type; readonly value: Type } | undefined;
    };

export interface StaticProperty {
  readonly key: string;
  readonly value: Type;
}

/** A parameter or result; the operators' and deprecated ones have no names. */
export interface NamedType {
  readonly name: string | undefined;
  readonly type: Type;
}

export interface Signature {
  readonly name: string;
  readonly args: readonly NamedType[];
  /** The type of any further arguments: of `print` alone. */
  readonly variadic: Type | undefined;
  /** Absent for those that give no value, such as `print`. */
  readonly result: NamedType | undefined;
  readonly infix: string | undefined;
  /** Only Rego v0 may call it. */
  readonly isDeprecated: boolean;
  /** Its value may differ between two evaluations with equal arguments. */
  readonly isNondeterministic: boolean;
}

const INFIX: Readonly<Record<string, string>> = {
  and: '&',
  assign: ':=',
  div: '/',
  eq: '=',
  equal: '==',
  gt: '>',
  gte: '>=',
  'internal.member_2': 'in',
  'internal.member_3': 'in',
  lt: '<',
  lte: '<=',
  minus: '-',
  mul: '*',
  neq: '!=',
  or: '|',
  plus: '+',
  rem: '%',
};
const DEPRECATED: ReadonlySet<string> = new Set(
  'all any cast_array cast_boolean cast_null cast_object cast_set cast_string net.cidr_overlap re_match set_diff'.split(
    ' ',
  ),
);
const NONDETERMINISTIC: ReadonlySet<string> = new Set(
  'http.send io.jwt.decode_verify io.jwt.encode_sign io.jwt.encode_sign_raw json.match_schema json.verify_schema net.lookup_ip_addr opa.runtime rand.intn time.now_ns uuid.rfc4122'.split(
    ' ',
  ),
);

const read = new Map<string, Signature>();

/** The names of all built-ins, operators included, sorted. */
export const BUILTIN_NAMES: readonly string[] = Object.keys(SIGNATURE_TEXTS);

/** The signature of a built-in; `undefined` for any other name. */
export function signatureOf(name: string): Signature | undefined {
  const known = read.get(name);
  if (known !== undefined || !Object.hasOwn(SIGNATURE_TEXTS, name)) return known;
  const signature = parseSignature(name, SIGNATURE_TEXTS[name as keyof typeof SIGNATURE_TEXTS]);
  read.set(name, signature);
  return signature;
}

function parseSignature(name: string, text: string): Signature {
  const reader = new SignatureReader(text);
  const { args, variadic } = reader.args();
  return {
    name,
    args,
    variadic,
    result: reader.result(),
    infix: INFIX[name],
    isDeprecated: DEPRECATED.has(name),
    isNondeterministic: NONDETERMINISTIC.has(name),
  };
}

/** Reads our own table; what it does not expect there is a mistake in the table. */
class SignatureReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  args(): { args: NamedType[]; variadic: Type | undefined } {
    this.#expect('(');
    const args: NamedType[] = [];
    while (!this.#take(')')) {
      const arg = this.#named();
      if (this.#take('...')) {
        this.#expect(')');
        return { args, variadic: arg.type };
      }
      args.push(arg);
      this.#take(', ');
    }
    return { args, variadic: undefined };
  }

  result(): NamedType | undefined {
    this.#expect(' => ');
    return this.#take('???') ? undefined : this.#named();
  }

  #named(): NamedType {
    const name = /^([\w ]+): /.exec(this.#text.slice(this.#at));
    this.#at += name?.[0].length ?? 0;
    return { name: name?.[1], type: this.#type() };
  }

  #type(): Type {
    const word = this.#word();
    switch (word) {
      case 'null':
      case 'boolean':
      case 'number':
      case 'string':
        return { type: word };
      case 'any':
        return { type: 'any', of: this.#list(() => this.#type()) };
      case 'array':
        return {
          type: 'array',
          static: this.#list(() => this.#type()),
          dynamic: this.#bracketed(() => this.#type()),
        };
      case 'set':
        return { type: 'set', of: this.#bracketed(() => this.#type()) ?? { type: 'any', of: [] } };
      case 'object':
        return {
          type: 'object',
          static: this.#list(() => this.#property()),
          dynamic: this.#bracketed(() => {
            const key = this.#type();
            this.#expect(': ');
            return { key, value: this.#type() };
          }),
        };
      default:
        throw new Error(`no type at ${this.#at} in ${this.#text}`);
    }
  }

  #property(): StaticProperty {
    const key = this.#word();
    this.#expect(': ');
    return { key, value: this.#type() };
  }

  #list<T>(item: () => T): T[] {
    const items: T[] = [];
    if (!this.#take('<')) return items;
    while (!this.#take('>')) {
      items.push(item());
      this.#take(', ');
    }
    return items;
  }

  #bracketed<T>(inside: () => T): T | undefined {
    if (!this.#take('[')) return undefined;
    const found = inside();
    this.#expect(']');
    return found;
  }

  #word(): string {
    const word = /^\w+/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += word.length;
    return word;
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) throw new Error(`no ${token} at ${this.#at} in ${this.#text}`);
  }
}
