import type { Command, OptionSpec, OptionSpecs } from '../command.ts';
import { COMMANDS, commandOf, isNoun, type Leaf, type Noun } from '../command-map.ts';
import { GLOBAL_OPTIONS } from '../parse.ts';
import { oneLine } from '../printable.ts';
import { TOPICS } from '../topics/index.ts';
import type { Names } from './names.ts';
import { typedWords } from './words.ts';

export interface Candidate {
  readonly value: string;
  readonly summary?: string;
}

/** What may stand at the cursor: these words, or a path behind `prefix`. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly paths?: { readonly type: 'files' | 'directories'; readonly prefix: string };
}

const NOTHING: Completion = { candidates: [] };

/** What the words for a value stand for. All other values only the person knows. */
const FILES: readonly string[] = [
  'FILE',
  'PATH',
  'KEY',
  'VALUE',
  'BUNDLE',
  'ARTIFACT',
  'TOKEN|FILE',
  'FILE|DIGEST',
];
const DIRECTORIES: readonly string[] = ['DIR'];

/** What may follow the words that are typed after `waybill`; the last of them is the one at the cursor. */
export async function complete(shell: string, words: readonly string[], names: Names): Promise<Completion> {
  const { before, current, cut } = typedWords(shell, words);
  // A line break in a word would be two lines of the answer.
  if (oneLine(current) !== current) return NOTHING;
  const found = await completionOf({ before, current, names });
  const candidates = found.candidates
    .filter(({ value }) => value.startsWith(current) && isPlain(value))
    .map((candidate) => ({ ...candidate, value: candidate.value.slice(cut.length) }));
  if (found.paths === undefined || !found.paths.prefix.startsWith(cut)) return { candidates };
  return { candidates, paths: { ...found.paths, prefix: found.paths.prefix.slice(cut.length) } };
}

/** Shells put a candidate into the command line as it is: what a server answers must not become a command there. */
function isPlain(value: string): boolean {
  return /^[\w./=@%+-]+$/.test(value);
}

interface At {
  readonly before: readonly string[];
  readonly current: string;
  readonly names: Names;
}

async function completionOf({ before, current, names }: At): Promise<Completion> {
  const isHelp = before[0] === 'help';
  let entries: Readonly<Record<string, Leaf | Noun>> = COMMANDS;
  let meant: Leaf | Noun | undefined;
  for (const [index, word] of (isHelp ? before.slice(1) : before).entries()) {
    const entry = word.startsWith('-') ? meant : commandOf(entries, word);
    if (entry === undefined) return NOTHING;
    if (!isNoun(entry)) {
      if (isHelp) return NOTHING;
      const { command } = await entry.load();
      return ofCommand(command, {
        before: before.slice(entry === meant ? index : index + 1),
        current,
        names,
      });
    }
    entries = entry.verbs;
    meant = entry.meant === undefined ? undefined : entry.verbs[entry.meant];
  }
  if (current.startsWith('-') && meant !== undefined && !isNoun(meant)) {
    return ofCommand((await meant.load()).command, { before: [], current, names });
  }
  const more = before.length === 0 ? ROOT : before.length === 1 && isHelp ? topics() : [];
  return { candidates: [...verbsOf(entries), ...more, HELP] };
}

const HELP: Candidate = { value: '--help', summary: GLOBAL_OPTIONS.help.summary };
const ROOT: readonly Candidate[] = [
  { value: 'help', summary: 'Show how a command is called' },
  { value: '--version', summary: 'Show the version' },
];

function topics(): readonly Candidate[] {
  const named = Object.entries(TOPICS).map(([value, { summary }]) => ({ value, summary }));
  return [...named, { value: 'topics', summary: 'List the topics' }];
}

function verbsOf(entries: Readonly<Record<string, Leaf | Noun>>): readonly Candidate[] {
  return Object.entries(entries).map(([value, { summary }]) => ({ value, summary }));
}

/** What was given of a command so far, and what the word at the cursor is the value of. */
interface Given {
  readonly options: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  readonly pending: readonly [name: string, spec: OptionSpec] | undefined;
  readonly isEnded: boolean;
}

async function ofCommand(command: Command, { before, current, names }: At): Promise<Completion> {
  const specs: OptionSpecs = command.passThrough
    ? command.options
    : { ...command.options, ...GLOBAL_OPTIONS };
  const given = givenOf(specs, before);
  if (given.pending) return ofValue(given.pending, { given, names, prefix: '', typed: current });
  const inline = given.isEnded ? null : /^--(?<name>[^=]+)=(?<value>.*)$/s.exec(current)?.groups;
  if (inline) {
    const { name = '', value = '' } = inline;
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    return spec ? ofValue([name, spec], { given, names, prefix: `--${name}=`, typed: value }) : NOTHING;
  }
  if (current.startsWith('-') && !given.isEnded) return { candidates: optionsOf(specs, given) };
  const args = command.arguments ?? [];
  const arg = args[given.args.length] ?? (args.at(-1)?.multiple ? args.at(-1) : undefined);
  if (arg === undefined) return current === '' ? { candidates: optionsOf(specs, given) } : NOTHING;
  return ofValue([arg.name, { type: 'string', value: arg.name, ...arg }], {
    given,
    names,
    prefix: '',
    typed: current,
  });
}

function givenOf(specs: OptionSpecs, words: readonly string[]): Given {
  const options = new Map<string, string>();
  const args: string[] = [];
  let pending: Given['pending'];
  let isEnded = false;
  for (const word of words) {
    if (pending) {
      options.set(pending[0], word);
      pending = undefined;
    } else if (isEnded || !word.startsWith('-') || word === '-') args.push(word);
    else if (word === '--') isEnded = true;
    else {
      const [name, value] = optionOf(specs, word);
      const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
      if (spec?.type === 'string' && value === undefined) pending = [name, spec];
      else options.set(name, value ?? '');
    }
  }
  return { options, args, pending, isEnded };
}

/** Name and, where it stands in the same word, value of an option. */
function optionOf(specs: OptionSpecs, word: string): readonly [name: string, value: string | undefined] {
  if (word.startsWith('--')) {
    const [name = '', ...value] = word.slice(2).split('=');
    return [name, value.length === 0 ? undefined : value.join('=')];
  }
  const short = word.slice(1, 2);
  const name = Object.entries(specs).find(([, spec]) => spec.short === short)?.[0] ?? short;
  return [name, word.length > 2 ? word.slice(2) : undefined];
}

/** Those that are not given yet, or may be given again. */
function optionsOf(specs: OptionSpecs, { options }: Given): readonly Candidate[] {
  return Object.entries(specs)
    .filter(([name, spec]) => spec.multiple || !options.has(name))
    .map(([name, { summary }]) => ({ value: `--${name}`, summary }));
}

interface AtValue {
  readonly given: Given;
  readonly names: Names;
  /** What stands before the value in the same word. */
  readonly prefix: string;
  readonly typed: string;
}

async function ofValue([name, spec]: readonly [string, OptionSpec], at: AtValue): Promise<Completion> {
  const { prefix, typed, given, names } = at;
  if (spec.type === 'boolean') return NOTHING;
  const { value = '' } = spec;
  const named = spec.choices ?? (await namesFor(value, name, { given, names }));
  if (named) return { candidates: named.map((one) => ({ value: prefix + one })) };
  // `--material NAME=FILE`
  const inner = name === 'material' ? /^[^=]*=/.exec(typed)?.[0] : '';
  if (inner === undefined) return NOTHING;
  if (name === 'material' || FILES.includes(value)) {
    return { candidates: [], paths: { type: 'files', prefix: prefix + inner } };
  }
  if (DIRECTORIES.includes(value)) return { candidates: [], paths: { type: 'directories', prefix } };
  return NOTHING;
}

async function namesFor(
  value: string,
  name: string,
  { given, names }: Pick<AtValue, 'given' | 'names'>,
): Promise<readonly string[] | undefined> {
  if (value === 'KIND') return (await import('@waybill/core/material')).MATERIAL_KINDS;
  const { options } = given;
  if (name === 'project' || name === 'PROJECT') return names.projects(options);
  if (name === 'workflow' || name === 'PROJECT/WORKFLOW') return names.workflows(options);
  return undefined;
}
