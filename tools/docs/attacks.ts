import { ATTACKS } from '../attacks/table.ts';
import { code, table } from './markdown.ts';

/** The attack table, group by group. */
export function attackBlocks(): Readonly<Record<string, string>> {
  const groups = Object.entries(ATTACKS).map(([group, attacks]) => {
    const rows = attacks.map(({ attack, defence, file, test: [testFile, name], gain }) => [
      attack,
      `${defence}: ${code(short(file))}`,
      `${code(short(testFile))} ${name}`,
      gain,
    ]);
    return `### ${group}\n\n${table(['attack', 'defence', 'test', 'without the defence'], rows)}`;
  });
  return { attacks: groups.join('\n\n') };
}

function short(file: string): string {
  return file.replace(/^packages\//, '').replace('/src/', '/');
}
