/** A JSON schema of drafts 4, 6 or 7, read and ready to judge documents. */
import type { RE2JS } from 're2js';
import type { RegoNumber } from '../../values/number.ts';

/** A schema that is none. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** What a schema without `$schema` is read as: `id` or `$id`, limits of either form, all keywords. */
export const HYBRID = 100;

export interface Pattern {
  readonly source: string;
  readonly regex: RE2JS;
}

/** What is absent demands nothing. Filled in while it is read, since schemas may refer to themselves. */
export class Schema {
  /** The name of the member that it is for. */
  readonly property: string;
  readonly draft: number;
  /** `true` and `false` as schemas. */
  passes?: boolean;
  /** Where there is a reference, nothing else counts. */
  refersTo?: Schema;
  readonly types: string[] = [];
  readonly properties = new Map<string, Schema>();
  readonly patternProperties: (readonly [Pattern, Schema])[] = [];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  readonly dependencies = new Map<string, readonly string[] | Schema>();
  readonly items: Schema[] = [];
  /** One schema for all items, not one for each. */
  hasSameItems = false;
  additionalItems?: boolean | Schema;
  contains?: Schema;
  hasUniqueItems = false;
  multipleOf?: RegoNumber;
  minimum?: RegoNumber;
  exclusiveMinimum?: RegoNumber;
  maximum?: RegoNumber;
  exclusiveMaximum?: RegoNumber;
  minLength?: number;
  maxLength?: number;
  minProperties?: number;
  maxProperties?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: Pattern;
  format?: string;
  readonly required: string[] = [];
  /** Values as their `comparableJson`. */
  constant?: string;
  allowed?: readonly string[];
  oneOf: readonly Schema[] = [];
  anyOf: readonly Schema[] = [];
  allOf: readonly Schema[] = [];
  not?: Schema;
  condition?: Schema;
  whenTrue?: Schema;
  whenFalse?: Schema;

  constructor(property: string, draft: number) {
    this.property = property;
    this.draft = draft;
  }
}
