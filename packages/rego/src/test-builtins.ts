/** All groups of built-ins, as Node has them. */
import { awsBuiltins } from './builtins/aws.ts';
import type { BuiltinGroup } from './builtins/builtin.ts';
import { hashBuiltins } from './builtins/crypto/hashes.ts';
import { NODE_CRYPTOGRAPHY } from './builtins/crypto/node.ts';
import { x509Builtins } from './builtins/crypto/x509.ts';
import { GRAPHQL } from './builtins/graphql/index.ts';
import { jwtBuiltins } from './builtins/jwt/index.ts';
import { PARSE_MODULE } from './builtins/parse-module/index.ts';
import { regexBuiltins } from './builtins/regex.ts';
import { schemaBuiltins } from './builtins/schema/index.ts';
import { TEMPLATE } from './builtins/template/index.ts';
import { YAML } from './builtins/yaml/index.ts';

export const ALL_BUILTINS: readonly BuiltinGroup[] = [
  regexBuiltins(),
  hashBuiltins(NODE_CRYPTOGRAPHY),
  x509Builtins(NODE_CRYPTOGRAPHY),
  jwtBuiltins(NODE_CRYPTOGRAPHY),
  awsBuiltins(NODE_CRYPTOGRAPHY),
  YAML,
  GRAPHQL,
  TEMPLATE,
  PARSE_MODULE,
  schemaBuiltins(),
];
