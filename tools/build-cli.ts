/**
 * `npm run build:cli`: the whole CLI in one file, packages/cli/dist/waybill.js, that runs without this repository.
 * CommonJS, because a lone `.js` file is that; its syntax stays old enough for the launcher inside to reach the
 * check of the Node version.
 */
import { chmod, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');

export interface BuiltCli {
  readonly file: string;
  readonly sizeBytes: number;
}

/** Replaces the file as a whole: a CLI that runs meanwhile sees the old or the new one. */
export async function buildCli(directory = path.join(root, 'packages/cli/dist')): Promise<BuiltCli> {
  const file = path.join(directory, 'waybill.js');
  const temp = `${file}.${process.pid}.tmp`;
  await mkdir(directory, { recursive: true });
  // Inside a package of type "module" a plain .js would be read as ESM.
  await writeFile(path.join(directory, 'package.json'), '{ "type": "commonjs" }\n');
  await build({
    entryPoints: [path.join(root, 'packages/cli/bin/waybill.js')],
    outfile: temp,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node14',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'inline',
    define: { 'import.meta.url': 'waybillFileUrl' },
    banner: { js: "'use strict';var waybillFileUrl=require('url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  await chmod(temp, 0o755);
  await rename(temp, file);
  return { file, sizeBytes: (await stat(file)).size };
}

if (process.argv[1] === import.meta.filename) {
  const { file, sizeBytes } = await buildCli();
  process.stdout.write(`${path.relative(process.cwd(), file)}  ${(sizeBytes / 1024).toFixed(0)} KiB\n`);
}
