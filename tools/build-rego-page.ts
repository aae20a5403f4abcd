/**
 * `npm run build:rego-page`: packages/rego/dist/rego.html, one file that evaluates policies in a browser. Script and
 * style are in it, and its Content-Security-Policy lets nothing else run and no connection be opened.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');
const sources = path.join(root, 'packages/rego/src/page');

/** Returns the file. */
export async function buildRegoPage(directory = path.join(root, 'packages/rego/dist')): Promise<string> {
  const [html, style, script] = await Promise.all([
    readFile(path.join(sources, 'page.html'), 'utf8'),
    readFile(path.join(sources, 'page.css'), 'utf8'),
    bundledScript(),
  ]);
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`;
  const parts: Readonly<Record<string, string>> = { POLICY: policy, STYLE: style, SCRIPT: script };
  const file = path.join(directory, 'rego.html');
  await mkdir(directory, { recursive: true });
  await writeFile(
    file,
    html.replaceAll(/\/\* (POLICY|STYLE|SCRIPT) \*\//g, (all, name) => parts[name] ?? all),
  );
  return file;
}

async function bundledScript(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(sources, 'page.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
    write: false,
    logLevel: 'error',
  });
  const text = outputFiles[0]?.text ?? '';
  if (/<\/script|<!--/i.test(text)) throw new Error('the script would end within the page');
  return text;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${await buildRegoPage()}\n`);
}
