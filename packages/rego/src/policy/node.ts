/** The engine that judges evidence in the server, which reads all that policies may call beforehand. */
import { NODE_CRYPTOGRAPHY } from '../builtins/crypto/node.ts';
import { hashBuiltins } from '../builtins/crypto/hashes.ts';
import { x509Builtins } from '../builtins/crypto/x509.ts';
import { jwtBuiltins } from '../builtins/jwt/index.ts';
import { regexBuiltins } from '../builtins/regex.ts';
import { YAML } from '../builtins/yaml/index.ts';
import { policyEngine, type RegoEngine } from './policy-engine.ts';

/** No built-in that parses policies, and none that reaches the network. */
export const REGO: RegoEngine = policyEngine([
  regexBuiltins(),
  hashBuiltins(NODE_CRYPTOGRAPHY),
  x509Builtins(NODE_CRYPTOGRAPHY),
  jwtBuiltins(NODE_CRYPTOGRAPHY),
  YAML,
]);
