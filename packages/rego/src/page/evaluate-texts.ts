/** One evaluation from texts to a text, with every built-in that a browser can have. */
import { awsBuiltins } from '../builtins/aws.ts';
import type { BuiltinGroup } from '../builtins/builtin.ts';
import { hashBuiltins } from '../builtins/crypto/hashes.ts';
import { nobleCryptography } from '../builtins/crypto/noble.ts';
import { x509Builtins } from '../builtins/crypto/x509.ts';
import { GRAPHQL } from '../builtins/graphql/index.ts';
import { jwtBuiltins } from '../builtins/jwt/index.ts';
import { PARSE_MODULE } from '../builtins/parse-module/index.ts';
import { regexBuiltins } from '../builtins/regex.ts';
import { schemaBuiltins } from '../builtins/schema/index.ts';
import { TEMPLATE } from '../builtins/template/index.ts';
import { YAML } from '../builtins/yaml/index.ts';
import { compile, EvaluationError, parseJson, RegoSourceError, toJson } from '../index.ts';
import { readMetadata } from '../metadata/read-metadata.ts';

const cryptography = nobleCryptography((length) => crypto.getRandomValues(new Uint8Array(length)));

const GROUPS: readonly BuiltinGroup[] = [
  regexBuiltins(),
  schemaBuiltins(),
  hashBuiltins(cryptography),
  x509Builtins(cryptography),
  jwtBuiltins(cryptography),
  awsBuiltins(cryptography),
  YAML,
  GRAPHQL,
  TEMPLATE,
  PARSE_MODULE,
];

export interface Texts {
  readonly policy: string;
  /** JSON; empty for none. */
  readonly input: string;
  readonly data: string;
  readonly expression: string;
}

/** The value of the expression as JSON, each that it has on a line of its own; or what is wrong. */
export function evaluateTexts({ policy, input, data, expression }: Texts, nowNs: bigint): string {
  try {
    const compiled = compile([{ file: 'policy.rego', text: policy }], { builtins: GROUPS, readMetadata });
    const { answers } = compiled.evaluate(`result := ${expression}`, {
      ...(input.trim() === '' ? {} : { input: parseJson(input) }),
      ...(data.trim() === '' ? {} : { data: parseJson(data) }),
      nowNs,
    });
    return answers.length === 0
      ? 'undefined'
      : answers.map((answer) => toJson(answer.get('result') ?? null)).join('\n');
  } catch (error) {
    if (error instanceof EvaluationError) return `${error.code}: ${error.message}`;
    if (error instanceof RegoSourceError || error instanceof SyntaxError) return error.message;
    throw error;
  }
}
