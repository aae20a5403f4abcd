import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * A program that is started hundreds of times, as one file in the directory: to find and read a thousand modules takes
 * Node a second, a bundle of those that are used a tenth of that.
 */
export async function bundleProgram(entryPoint: string, directory: string): Promise<string> {
  const outfile = join(directory, 'program.mjs');
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // What is CommonJS in it asks for Node's own modules in its own way.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  return outfile;
}
