import {
  type ArgumentSpec,
  argumentText,
  type Command,
  type OptionSpecs,
} from '../../packages/cli/src/command.ts';
import { ALIASES, everyCommand } from '../../packages/cli/src/command-map.ts';
import { ENVIRONMENT } from '../../packages/cli/src/environment.ts';
import { EXIT } from '../../packages/cli/src/exit.ts';
import { EXIT_MEANINGS } from '../../packages/cli/src/exit-meanings.ts';
import { GLOBAL_OPTIONS } from '../../packages/cli/src/parse.ts';
import { TOPICS } from '../../packages/cli/src/topics/index.ts';
import { code, table } from './markdown.ts';

/** Every command with its arguments, options and examples. */
export async function commandBlocks(): Promise<Readonly<Record<string, string>>> {
  const sections = await Promise.all(
    everyCommand().map(async ([path, leaf]) => sectionOf(path, (await leaf.load()).command)),
  );
  return {
    exit: table(
      ['code', 'meaning'],
      Object.entries(EXIT).map(([name, number]) => [
        String(number),
        EXIT_MEANINGS[name as keyof typeof EXIT],
      ]),
    ),
    aliases: table(
      ['short', 'for'],
      Object.entries(ALIASES).map(([short, long]) => [code(`waybill ${short}`), code(`waybill ${long}`)]),
    ),
    topics: table(
      ['topic', 'about'],
      Object.entries(TOPICS).map(([name, { summary }]) => [code(`waybill help ${name}`), summary]),
    ),
    environment: table(
      ['variable', 'meaning'],
      Object.entries(ENVIRONMENT).map(([name, meaning]) => [code(name), meaning]),
    ),
    global: optionTable(GLOBAL_OPTIONS),
    commands: sections.join('\n\n'),
  };
}

function sectionOf(path: string, command: Command): string {
  const args = (command.arguments ?? []).map(argumentText);
  return [
    `### waybill ${[path, ...args].join(' ')}`,
    `${command.summary}.`,
    ...argumentTable(command.arguments ?? []),
    ...(Object.keys(command.options).length === 0 ? [] : [optionTable(command.options)]),
    `\`\`\`sh\n${command.examples.join('\n')}\n\`\`\``,
  ].join('\n\n');
}

function argumentTable(specs: readonly ArgumentSpec[]): readonly string[] {
  if (specs.length === 0) return [];
  return [
    table(
      ['argument', 'meaning'],
      specs.map((spec) => [code(spec.name), spec.summary + (spec.required ? '' : ' (optional)')]),
    ),
  ];
}

function optionTable(specs: OptionSpecs): string {
  return table(
    ['option', 'meaning'],
    Object.entries(specs).map(([name, spec]) => {
      const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
      const short = spec.short === undefined ? '' : `, ${code(`-${spec.short}`)}`;
      const remarks = [
        spec.required ? 'required' : '',
        spec.multiple ? 'may be repeated' : '',
        spec.choices ? `one of ${spec.choices.join(', ')}` : '',
      ].filter((remark) => remark !== '');
      return [
        code(`--${name}${value}`) + short,
        spec.summary + (remarks.length > 0 ? ` (${remarks.join('; ')})` : ''),
      ];
    }),
  );
}
