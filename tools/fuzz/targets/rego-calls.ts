/** Built-ins of Rego, called with hostile arguments: one target for each kind of argument. */
import { parseJson, toJson } from '@waybill/rego';
import assert from 'node:assert/strict';
import { FIXTURES } from '../fixtures.ts';
import { BUILTINS, type Call, callText, carryOut, documentedCalls, vectorCalls } from '../rego/calls.ts';
import { EVALUATION_CODES } from '../rego/world.ts';
import { type Target, textOf } from '../target.ts';

interface Kind {
  /** The built-ins of this kind. */
  readonly names: RegExp;
  /** OPA's cases that call them. */
  readonly files: RegExp;
  readonly more?: readonly unknown[];
  readonly costMicros: number;
}

const { certificates: CERTIFICATES, identityToken: TOKEN, issuerKey: KEY } = FIXTURES;
const SYMMETRIC = {
  kty: 'oct',
  k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
};

const KINDS: Readonly<Record<string, Kind>> = {
  numbers: {
    names:
      /^(?:abs|ceil|floor|round|plus|minus|mul|div|rem|bits\.|numbers\.|rand\.|units\.|format_int|to_number|n?eq|equal|[lg]te?$)/,
    files: /\/(?:arithmetic|bits|numbersrange|rand|units)/,
    more: [
      ['mul', 1e300, 1e300],
      ['rand.intn', 'a', 5],
      ['eq', 1, 1],
      ['lte', 1, 2],
      ['gt', 1, 2],
    ],
    costMicros: 60,
  },
  strings: {
    names:
      /^(?:strings\.(?!render)|concat|contains|endswith|startswith|indexof|lower|upper|replace|split|sprintf|substring|trim|internal\.template|type_name|is_|cast_)/,
    files: /\/(?:strings|sprintf|trim|replacen|stringinterpolation|casts|type)/,
    costMicros: 80,
  },
  patterns: {
    names: /^(?:regex\.|re_match|glob\.)/,
    files: /\/(?:regex|glob)/,
    costMicros: 200,
  },
  collections: {
    names:
      /^(?:array\.|object\.|json\.(?:patch|filter|remove)|graph\.|walk|and|or|set_diff|union|intersection|count|sum|product|max|min|sort|all|any|internal\.member)/,
    files:
      /\/(?:aggregates|array|json(?:patch|filter|remove)|object|reachable|sets|union|intersection|subset|walk)/,
    more: [['walk', { a: [1, { b: 2 }] }]],
    costMicros: 80,
  },
  encodings: {
    names: /^(?:base64|hex|urlquery|uri\.|json\.(?:un)?marshal|json\.is_valid|yaml\.)/,
    files: /\/(?:base64|hex|url|uri|jsonbuiltins)/,
    costMicros: 150,
  },
  times: { names: /^time\./, files: /\/time/, more: [['time.now_ns']], costMicros: 80 },
  names: {
    names: /^(?:net\.|semver\.|uuid\.|opa\.runtime|rego\.metadata|http\.send|trace)/,
    files: /\/(?:netcidr|semver|uuid)/,
    more: [
      ['net.cidr_overlap', '10.0.0.0/8', '10.1.0.0/16'],
      ['net.lookup_ip_addr', 'localhost'],
      ['uuid.rfc4122', 'k'],
      ['http.send', { method: 'get', url: 'http://localhost' }],
    ],
    costMicros: 80,
  },
  schemas: {
    names: /^json\.(?:verify|match)_schema/,
    files: /\/jsonschema/,
    costMicros: 200,
  },
  graphql: {
    names: /^graphql\./,
    files: /\/graphql/,
    more: [
      ['graphql.is_valid', '{a}', 'type Query { a: Int }'],
      [
        'graphql.parse',
        'query A($x: Int = 1) { a(x: $x) { ...F } } fragment F on Query { a }',
        'type Query { a(x: Int): Query }',
      ],
    ],
    costMicros: 400,
  },
  texts: {
    names: /^(?:strings\.render_template|rego\.parse_module)/,
    files: /\/(?:rendertemplate|regoparsemodule)/,
    more: [['rego.parse_module', 'a.rego', 'package a\np if { input.x[_] == {1, "a"} }']],
    costMicros: 200,
  },
  cryptography: {
    names: /^crypto\./,
    files: /\/crypto/,
    more: [
      ['crypto.x509.parse_certificates', CERTIFICATES[0]],
      ['crypto.sha256', 'a'],
      ['crypto.hmac.equal', 'a', 'b'],
      ['crypto.hmac.sha256', 'a', 'b'],
      ['crypto.x509.parse_certificate_request', FIXTURES.csr],
    ],
    costMicros: 400,
  },
  tokens: {
    names: /^(?:io\.jwt\.|providers\.aws)/,
    files: /\/(?:jwt|providers)/,
    more: [
      ['io.jwt.decode', TOKEN],
      ['io.jwt.verify_rs256', TOKEN, KEY],
      ['io.jwt.decode_verify', TOKEN, { cert: KEY, alg: 'RS256', time: 1_772_366_400_000_000_000 }],
      ['io.jwt.encode_sign', { typ: 'JWT', alg: 'HS256' }, { iss: 'a' }, SYMMETRIC],
    ],
    costMicros: 500,
  },
};

/** Mutations lead to the others. */
const CALLS_OF_EACH = 4;

function someOfEach(calls: readonly Call[]): readonly Call[] {
  const byName = Map.groupBy(calls, ([name]) => name).values();
  return [...byName].flatMap((all) => {
    const every = Math.ceil(all.length / CALLS_OF_EACH);
    return all.filter((_, at) => at % every === 0);
  });
}

export const REGO_CALL_TARGETS: readonly Target[] = Object.entries(KINDS).map(
  ([kind, { names, files, more = [], costMicros }]): Target => {
    const ofKind = [...BUILTINS.keys()].filter((name) => names.test(name));
    return {
      name: `rego built-ins: ${kind}`,
      seeds: () => {
        const calls = [...documentedCalls(), ...vectorCalls(files)].filter(([name]) => names.test(name));
        return [...more.map((call) => JSON.stringify(call)), ...someOfEach(calls).map(callText)];
      },
      call: (input) => carryOut(textOf(input), ofKind),
      // What JSON cannot say is not in it: the text reads back as itself.
      check: (answer) => assert.equal(toJson(parseJson(answer as string)), answer),
      codes: EVALUATION_CODES,
      costMicros,
    };
  },
);
