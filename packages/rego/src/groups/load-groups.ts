/** Groups of built-ins as Node has them, each read when it is asked for. */
import type { BuiltinGroup } from '../builtins/builtin.ts';
import type { GroupName } from './needed-groups.ts';

const LOADERS: Readonly<Record<GroupName, () => Promise<BuiltinGroup>>> = {
  regex: async () => (await import('../builtins/regex.ts')).regexBuiltins(),
  yaml: async () => (await import('../builtins/yaml/index.ts')).YAML,
  schema: async () => (await import('../builtins/schema/index.ts')).schemaBuiltins(),
  graphql: async () => (await import('../builtins/graphql/index.ts')).GRAPHQL,
  jwt: async () => (await import('../builtins/jwt/index.ts')).jwtBuiltins(await cryptography()),
  x509: async () => (await import('../builtins/crypto/x509.ts')).x509Builtins(await cryptography()),
  hashes: async () => (await import('../builtins/crypto/hashes.ts')).hashBuiltins(await cryptography()),
  aws: async () => (await import('../builtins/aws.ts')).awsBuiltins(await cryptography()),
  template: async () => (await import('../builtins/template/index.ts')).TEMPLATE,
  'parse-module': async () => (await import('../builtins/parse-module/index.ts')).PARSE_MODULE,
};

export function loadGroups(names: Iterable<GroupName>): Promise<readonly BuiltinGroup[]> {
  return Promise.all([...names].map((name) => LOADERS[name]()));
}

async function cryptography() {
  return (await import('../builtins/crypto/node.ts')).NODE_CRYPTOGRAPHY;
}
