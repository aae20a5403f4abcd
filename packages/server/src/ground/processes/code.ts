import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** …/packages, from …/packages/server/src/ground/processes; or …/node_modules/@waybill. */
const PACKAGES = join(import.meta.dirname, '../../../..');

/** Directories that hold this program and the packages that it stands on, and nothing of whoever runs it. */
export function codeDirectories(): readonly string[] {
  return [
    PACKAGES,
    ...above(PACKAGES)
      .map((directory) => join(directory, 'node_modules'))
      .filter(existsSync),
  ];
}

function above(directory: string): readonly string[] {
  const parent = dirname(directory);
  return parent === directory ? [] : [parent, ...above(parent)];
}
