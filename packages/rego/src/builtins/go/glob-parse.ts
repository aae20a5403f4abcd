/** The globs of OPA (github.com/gobwas/glob): `*`, `**`, `?`, `[a-c]`, `[!abc]`, `{a,b}`. */
import { byteLength } from './text.ts';

export type GlobNode =
  | { readonly type: 'text'; readonly text: string }
  /** `?`, or a class; `undefined` stands for any character but a separator. */
  | { readonly type: 'one'; readonly accepts: ((char: string) => boolean) | undefined }
  | { readonly type: 'star'; readonly crossesSeparators: boolean }
  | { readonly type: 'sequence'; readonly nodes: readonly GlobNode[] }
  | { readonly type: 'alternatives'; readonly nodes: readonly GlobNode[] };

export class GlobError extends Error {
  override readonly name = 'GlobError';

  constructor(offset: number, reason: string) {
    super(`glob: syntax error at ${offset}: ${reason}`);
  }
}

export function parseGlob(pattern: string): GlobNode {
  return new GlobReader(pattern).read();
}

/** An open `{`, the alternatives that are complete, and the one being read. */
interface Group {
  readonly alternatives: GlobNode[];
  nodes: GlobNode[];
}

class GlobReader {
  readonly #pattern: string;
  #at = 0;
  readonly #groups: Group[] = [];
  #nodes: GlobNode[] = [];

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): GlobNode {
    while (this.#at < this.#pattern.length) this.#item();
    if (this.#groups.length > 0) throw this.#error('unclosed `{`');
    return { type: 'sequence', nodes: this.#nodes };
  }

  #error(reason: string): GlobError {
    return new GlobError(byteLength(this.#pattern.slice(0, this.#at)), reason);
  }

  #item(): void {
    const group = this.#groups.at(-1);
    const char = this.#pattern.charAt(this.#at);
    if (char === '{') this.#open();
    else if (char === ',' && group !== undefined) this.#separate(group);
    else if (char === '}' && group !== undefined) this.#close(group);
    else if (char === '[') this.#nodes.push(this.#class());
    else if (char === '?') this.#push(1, { type: 'one', accepts: undefined });
    else if (this.#pattern.startsWith('**', this.#at)) {
      this.#push(2, { type: 'star', crossesSeparators: true });
    } else if (char === '*') this.#push(1, { type: 'star', crossesSeparators: false });
    else {
      const text = this.#text(group === undefined ? '?*[{' : '?*[{},');
      if (text !== '') this.#nodes.push({ type: 'text', text });
    }
  }

  #push(length: number, node: GlobNode): void {
    this.#at += length;
    this.#nodes.push(node);
  }

  #open(): void {
    this.#at++;
    this.#groups.push({ alternatives: [], nodes: this.#nodes });
    this.#nodes = [];
  }

  #separate(group: Group): void {
    this.#at++;
    group.alternatives.push({ type: 'sequence', nodes: this.#nodes });
    this.#nodes = [];
  }

  #close(group: Group): void {
    this.#separate(group);
    this.#groups.pop();
    this.#nodes = group.nodes;
    this.#nodes.push({ type: 'alternatives', nodes: group.alternatives });
  }

  #char(): string {
    const code = this.#pattern.codePointAt(this.#at);
    if (code === undefined) throw this.#error('unexpected end of input');
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    return char;
  }

  /** Up to one of the given characters; a backslash takes the meaning from the next one. */
  #text(breakers: string): string {
    let text = '';
    while (this.#at < this.#pattern.length) {
      let char = this.#pattern.charAt(this.#at);
      if (breakers.includes(char)) break;
      if (char === '\\') {
        this.#at++;
        if (this.#at === this.#pattern.length) throw this.#error('trailing backslash');
        char = this.#pattern.charAt(this.#at);
      }
      this.#at++;
      text += char;
    }
    return text;
  }

  #class(): GlobNode {
    this.#at++;
    const isNegated = this.#pattern.startsWith('!', this.#at);
    if (isNegated) this.#at++;
    const first = this.#at;
    const low = this.#char();
    if (this.#pattern.startsWith('-', this.#at)) {
      this.#at++;
      const high = this.#char();
      this.#endOfClass();
      if (codeOf(high) < codeOf(low)) throw this.#error('range hi character is less than lo');
      const isInside = (char: string): boolean => codeOf(char) >= codeOf(low) && codeOf(char) <= codeOf(high);
      return { type: 'one', accepts: (char) => isInside(char) !== isNegated };
    }
    this.#at = first;
    const members = new Set(this.#text(']'));
    this.#endOfClass();
    if (members.size === 0) throw this.#error('could not parse range');
    return { type: 'one', accepts: (char) => members.has(char) !== isNegated };
  }

  #endOfClass(): void {
    if (this.#char() !== ']') throw this.#error('expected close range character');
  }
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
