/** regex.*: regular expressions of RE2, in time linear to the text. */
import { RE2JS, RE2JSException } from 're2js';
import { quotedText } from '../values/text.ts';
import { RegoArray, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions, stepText } from './builtin.ts';
import { refusing } from './encoding.ts';
import { expand } from './go/expand.ts';
import { haveCommonText, IntersectionError } from './go/glob-intersection.ts';
import { byteLength } from './go/text.ts';
import { intOperand, stringOperand } from './operands.ts';

/** Compiled expressions that are kept; the oldest goes first. */
const MAX_KEPT = 100;

/**
 * The group; it keeps compiled expressions, which depend on nothing but their text,
 * for as long as it lives itself.
 */
export function regexBuiltins(): BuiltinGroup {
  const compiler = new RegexCompiler();
  const match = (context: BuiltinContext, pattern: Value, text: Value): boolean => {
    const [source, subject] = [stringOperand(pattern, 1), stringOperand(text, 2)];
    return compiler.compile(context, source, subject).test(subject);
  };
  return functions({
    'regex.is_valid': (_context, pattern) => typeof pattern === 'string' && compiler.isValid(pattern),
    'regex.match': match,
    re_match: match,
    'regex.split': (context, pattern, text) => split(context, compiler, pattern, text),
    'regex.find_n': (context, pattern, text, limit) =>
      new RegoArray(
        findAll(
          context,
          compiler,
          [stringOperand(pattern, 1), stringOperand(text, 2)],
          intOperand(limit, 3),
        ).map(({ groups }) => groups[0] ?? ''),
      ),
    'regex.find_all_string_submatch_n': (context, pattern, text, limit) =>
      new RegoArray(
        findAll(
          context,
          compiler,
          [stringOperand(pattern, 1), stringOperand(text, 2)],
          intOperand(limit, 3),
        ).map(({ groups }) => new RegoArray(groups.map((group) => group ?? ''))),
      ),
    'regex.replace': (context, text, pattern, value) =>
      replace(context, compiler, {
        subject: stringOperand(text, 1),
        source: stringOperand(pattern, 2),
        template: stringOperand(value, 3),
      }),
    'regex.template_match': (context, template, text, start, end) =>
      matchTemplate(context, compiler, [
        stringOperand(template, 1),
        stringOperand(text, 2),
        stringOperand(start, 3),
        stringOperand(end, 4),
      ]),
    'regex.globs_match': (context, a, b) => {
      const [left, right] = [stringOperand(a, 1), stringOperand(b, 2)];
      return refusing(IntersectionError, () => haveCommonText(left, right, (steps) => context.step(steps)));
    },
  });
}

/** To read a pattern takes some microseconds for each character, and cannot be stopped. */
const MAX_SOURCE_LENGTH = 2 ** 16;

export class RegexCompiler {
  readonly #kept = new Map<string, RE2JS>();

  /** Counts the work of looking through the text, too. */
  compile(context: BuiltinContext, source: string, subject: string): RE2JS {
    const regex = this.#kept.get(source) ?? this.#compiled(context, source);
    stepText(context, subject.length * (1 + (regex.programSize() >> 5)));
    return regex;
  }

  isValid(source: string): boolean {
    if (source.length > MAX_SOURCE_LENGTH) return false;
    try {
      RE2JS.compile(source);
      return true;
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      return false;
    }
  }

  #compiled(context: BuiltinContext, source: string): RE2JS {
    if (source.length > MAX_SOURCE_LENGTH) {
      throw builtinError(`a pattern of ${source.length} characters: at most ${MAX_SOURCE_LENGTH} are read`);
    }
    context.step(source.length);
    const regex = refusing(RE2JSException, () => RE2JS.compile(source));
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(source, regex);
    return regex;
  }
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly groups: readonly (string | undefined)[];
}

/** Matches from left to right; an empty one directly behind another does not count. Below 0 there is no limit. */
function findAll(
  context: BuiltinContext,
  compiler: RegexCompiler,
  [source, subject]: readonly [string, string],
  limit: number,
): Found[] {
  const matcher = compiler.compile(context, source, subject).matcher(subject);
  const found: Found[] = [];
  let lastEnd = -1;
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start === end && start === lastEnd) continue;
    context.step(1 + matcher.groupCount());
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, number) => matcher.group(number) ?? undefined,
    );
    found.push({ start, end, groups });
    lastEnd = end;
  }
  return found;
}

function split(context: BuiltinContext, compiler: RegexCompiler, pattern: Value, text: Value): RegoArray {
  const [source, subject] = [stringOperand(pattern, 1), stringOperand(text, 2)];
  const found = findAll(context, compiler, [source, subject], -1);
  if (source !== '' && subject === '') return new RegoArray(['']);
  const parts: string[] = [];
  let [from, to] = [0, 0];
  for (const match of found) {
    to = match.start;
    if (match.end !== 0) parts.push(subject.slice(from, to));
    from = match.end;
  }
  if (to !== subject.length) parts.push(subject.slice(from));
  return new RegoArray(parts);
}

interface Replacement {
  readonly subject: string;
  readonly source: string;
  readonly template: string;
}

function replace(
  context: BuiltinContext,
  compiler: RegexCompiler,
  { subject, source, template }: Replacement,
): string {
  const names = compiler.compile(context, source, '').namedGroups();
  const parts: string[] = [];
  let copied = 0;
  for (const { start, end, groups } of findAll(context, compiler, [source, subject], -1)) {
    const byName = new Map(Object.entries(names).map(([name, number]) => [name, groups[number]]));
    const text = expand(template, { byNumber: groups, byName });
    stepText(context, text.length);
    parts.push(subject.slice(copied, start), text);
    copied = end;
  }
  parts.push(subject.slice(copied));
  return parts.join('');
}

/** A template holds expressions between delimiters of one byte; all around them is literal. */
function matchTemplate(
  context: BuiltinContext,
  compiler: RegexCompiler,
  [template, subject, start, end]: readonly [string, string, string, string],
): boolean {
  if (byteLength(start) !== 1) {
    throw builtinError(
      `start delimiter has to be exactly one character long but is ${byteLength(start)} long`,
    );
  }
  if (byteLength(end) !== 1) {
    throw builtinError(`end delimiter has to be exactly one character long but is ${byteLength(start)} long`);
  }
  let pattern = '^';
  let from = 0;
  for (const [open, close] of delimited(template, start, end)) {
    const inside = template.slice(open + 1, close);
    compiler.compile(context, `^${inside}$`, '');
    pattern += `${quoteMeta(template.slice(from, open))}(${inside})`;
    from = close + 1;
  }
  return compiler.compile(context, `${pattern}${quoteMeta(template.slice(from))}$`, subject).test(subject);
}

/** The outermost pairs of delimiters. */
function delimited(template: string, start: string, end: string): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  const unbalanced = builtinError(`unbalanced braces in ${quotedText(template)}`);
  let [level, open] = [0, 0];
  for (let at = 0; at < template.length; at++) {
    if (template[at] === start) {
      if (++level === 1) open = at;
    } else if (template[at] === end) {
      if (--level === 0) pairs.push([open, at]);
      else if (level < 0) throw unbalanced;
    }
  }
  if (level !== 0) throw unbalanced;
  return pairs;
}

function quoteMeta(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
