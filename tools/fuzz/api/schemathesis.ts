/** schemathesis against the server's own OpenAPI document: no 5xx, no status or content that is not documented. */
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import type { Furnished } from './world.ts';

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
].join(',');
const EXAMPLES = 60;

/** Why it cannot run; null when it can. */
export function missingSchemathesis(): string | null {
  const { status } = spawnSync(program(), ['--version']);
  return status === 0
    ? null
    : 'skipped: schemathesis is not installed (pip install schemathesis, or its path in WAYBILL_SCHEMATHESIS)';
}

const program = (): string => process.env['WAYBILL_SCHEMATHESIS'] ?? 'schemathesis';

/** With the token or without; gives its exit code. Its own report goes to the terminal. */
export async function runSchemathesis(
  world: Furnished,
  options: { readonly seed: number; readonly signedIn: boolean },
) {
  console.log(
    `\nschemathesis ${options.signedIn ? 'as the owner' : 'without a token'}, seed ${options.seed}`,
  );
  const token = options.signedIn ? ['--header', `Authorization: Bearer ${world.ownerToken.reveal()}`] : [];
  const what = [
    '--checks',
    CHECKS,
    '--phases',
    'examples,coverage,fuzzing',
    '--max-examples',
    String(EXAMPLES),
  ];
  const quiet = ['--no-color', '--warnings', 'off', '--generation-database', 'none', '--continue-on-failure'];
  const patient = [
    '--suppress-health-check',
    'all',
    '--request-timeout',
    '60',
    '--seed',
    String(options.seed),
  ];
  const url = `${world.url}/waybill/v1/openapi.json`;
  const child = spawn(program(), ['run', url, ...token, ...what, ...quiet, ...patient], {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd: tmpdir(),
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', reject);
  child.on('exit', (code) => resolve(code ?? 1));
  return promise;
}
