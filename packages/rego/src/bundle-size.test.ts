/** What a page loads: minified for browsers, gzipped. The figures stand in docs/reference/rego.md. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** Thousands of bytes that each may have. */
const LIMITS: readonly (readonly [name: string, entries: readonly string[], limit: number])[] = [
  ['the engine', ['./engine.ts'], 60],
  ['the engine with the built-ins that need no library', ['./index.ts'], 95],
  [
    'all groups of built-ins, with cryptography for browsers',
    [
      './builtins/index.ts',
      './builtins/regex.ts',
      './builtins/yaml/index.ts',
      './builtins/schema/index.ts',
      './builtins/graphql/index.ts',
      './builtins/template/index.ts',
      './builtins/parse-module/index.ts',
      './builtins/aws.ts',
      './builtins/jwt/index.ts',
      './builtins/crypto/hashes.ts',
      './builtins/crypto/x509.ts',
      './builtins/crypto/noble.ts',
    ],
    250,
  ],
];

async function gzippedSize(entries: readonly string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: entries.map((entry) => `export * from '${entry}';`).join('\n'),
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  assert.equal(outputFiles.length, 1);
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

describe('bundles for browsers', () => {
  for (const [name, entries, limit] of LIMITS) {
    it(`${name}: at most ${limit} kB`, async (t) => {
      const size = await gzippedSize(entries);
      t.diagnostic(`${size} bytes`);
      assert.ok(size <= limit * 1000, `${size} bytes are more than ${limit} kB`);
    });
  }
});
