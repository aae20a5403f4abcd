/** `npm run docs`: writes the generated parts of docs/reference anew. */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { renderPages } from './pages.ts';

for (const { file, before, after } of await renderPages()) {
  if (before !== after) writeFileSync(file, after);
  console.log(`${before === after ? 'current' : 'written'}  ${relative(process.cwd(), file)}`);
}
