/** Go's text/template: printing a template with its data, which came from JSON. */
import { compareStrings } from '../../values/order.ts';
import { MAX_TEXT_LENGTH, TextWriter } from '../../values/text-writer.ts';
import { RegoArray, RegoObject } from '../../values/value.ts';
import { FUNCTIONS } from './functions.ts';
import type { Command, Nodes, Operand, Pipeline, Template, TemplateNode } from './parse.ts';
import { TemplateError } from './scan.ts';
import { integer, isInteger, isTrue, printed, type TemplateValue } from './template-value.ts';

/** Templates may call themselves. */
const MAX_CALLS = 500;

type Spend = (characters: number) => void;

export function executeTemplate(template: Template, data: TemplateValue, spend: Spend): string {
  const execution = new Execution(template, spend);
  execution.walkAll(template.nodes, data, [{ name: '$', value: data }]);
  return execution.text;
}

/** A variable; the ones declared later hide those before. */
interface Variable {
  readonly name: string;
  value: TemplateValue;
}

/** How a loop goes on. */
type Signal = 'break' | 'continue' | undefined;

class Execution {
  readonly #template: Template;
  readonly #spend: Spend;
  readonly #writer = new TextWriter(MAX_TEXT_LENGTH);
  #calls = 0;

  constructor(template: Template, spend: Spend) {
    this.#template = template;
    this.#spend = spend;
  }

  get text(): string {
    return this.#writer.finish();
  }

  walkAll(nodes: Nodes, dot: TemplateValue, variables: Variable[]): Signal {
    const declared = variables.length;
    for (const node of nodes) {
      const signal = this.#walk(node, dot, variables);
      if (signal !== undefined) return signal;
    }
    variables.length = declared;
    return undefined;
  }

  #put(text: string): void {
    this.#spend(text.length + 1);
    this.#writer.put(text);
  }

  #walk(node: TemplateNode, dot: TemplateValue, variables: Variable[]): Signal {
    switch (node.type) {
      case 'text':
        this.#put(node.text);
        return undefined;
      case 'print': {
        const value = this.#pipeline(node.pipeline, dot, variables);
        if (node.pipeline.variables.length === 0) this.#put(printed(value));
        return undefined;
      }
      case 'template':
        this.#call(node.name, node.pipeline && this.#pipeline(node.pipeline, dot, variables));
        return undefined;
      case 'break':
      case 'continue':
        return node.type;
      case 'range':
        return this.#range(node, dot, variables);
      default:
        return this.#choose(node, dot, variables);
    }
  }

  #call(name: string, data: TemplateValue): void {
    const nodes = this.#template.named.get(name);
    if (nodes === undefined) throw new TemplateError(`template "${name}" not defined`);
    if (++this.#calls > MAX_CALLS) throw new TemplateError('exceeded maximum template depth');
    this.walkAll(nodes, data, [{ name: '$', value: data }]);
    this.#calls--;
  }

  #choose(node: Extract<TemplateNode, { body: Nodes }>, dot: TemplateValue, variables: Variable[]): Signal {
    const declared = variables.length;
    const value = this.#pipeline(node.pipeline, dot, variables);
    const chosen = isTrue(value) ? node.body : node.otherwise;
    const signal = this.walkAll(chosen, node.type === 'with' && isTrue(value) ? value : dot, variables);
    variables.length = declared;
    return signal;
  }

  #range(node: Extract<TemplateNode, { body: Nodes }>, dot: TemplateValue, variables: Variable[]): Signal {
    const declared = variables.length;
    const { pipeline } = node;
    const value = this.#commands(pipeline.commands, dot, variables);
    let count = 0;
    for (const [key, item] of itemsOf(value)) {
      this.#spend(1);
      count++;
      bindLoop(pipeline, variables, key, item);
      const signal = this.walkAll(node.body, item, variables);
      variables.length = declared;
      if (signal === 'break') break;
    }
    return count === 0 ? this.walkAll(node.otherwise, dot, variables) : undefined;
  }

  #pipeline(pipeline: Pipeline, dot: TemplateValue, variables: Variable[]): TemplateValue {
    const value = this.#commands(pipeline.commands, dot, variables);
    for (const name of pipeline.variables) {
      if (pipeline.isDeclaration) variables.push({ name, value });
      else variableNamed(variables, name).value = value;
    }
    return value;
  }

  /** The value of each command is the last argument to the next. */
  #commands(commands: readonly Command[], dot: TemplateValue, variables: Variable[]): TemplateValue {
    let value: TemplateValue;
    for (const [index, command] of commands.entries()) {
      value = this.#command(command, dot, variables, index === 0 ? [] : [value]);
    }
    return value;
  }

  #command(
    [first, ...others]: Command,
    dot: TemplateValue,
    variables: Variable[],
    last: readonly TemplateValue[],
  ): TemplateValue {
    if (first?.type === 'function') return this.#apply(first.name, others, { dot, variables, last });
    if (first === undefined || others.length + last.length > 0) {
      throw new TemplateError("can't give argument to non-function");
    }
    return this.#operand(first, dot, variables);
  }

  #apply(
    name: string,
    operands: readonly Operand[],
    { dot, variables, last }: { dot: TemplateValue; variables: Variable[]; last: readonly TemplateValue[] },
  ): TemplateValue {
    // `and` and `or` look no further than they must.
    if (name === 'and' || name === 'or') {
      let value: TemplateValue;
      for (const operand of operands) {
        value = this.#operand(operand, dot, variables);
        if (isTrue(value) === (name === 'or')) return value;
      }
      return last.length > 0 ? last[0] : value;
    }
    const args = [...operands.map((operand) => this.#operand(operand, dot, variables)), ...last];
    const apply = FUNCTIONS.get(name);
    if (apply === undefined) throw new TemplateError(`"${name}" is not a defined function`);
    this.#spend(args.length);
    return apply(args, this.#spend);
  }

  #operand(operand: Operand, dot: TemplateValue, variables: Variable[]): TemplateValue {
    switch (operand.type) {
      case 'dot':
        return dot;
      case 'nil':
        throw new TemplateError('nil is not a command');
      case 'literal':
        return operand.value;
      case 'function':
        return this.#apply(operand.name, [], { dot, variables, last: [] });
      case 'field':
        return follow(dot, operand.path);
      case 'variable':
        return follow(variableNamed(variables, operand.name).value, operand.path);
      case 'pipeline':
        return follow(this.#pipeline(operand.pipeline, dot, variables), operand.path);
    }
  }
}

function bindLoop(pipeline: Pipeline, variables: Variable[], key: TemplateValue, item: TemplateValue): void {
  const values = pipeline.variables.length > 1 ? [key, item] : [item];
  for (const [index, name] of pipeline.variables.entries()) {
    const value = values[index];
    if (pipeline.isDeclaration) variables.push({ name, value });
    else variableNamed(variables, name).value = value;
  }
}

function variableNamed(variables: readonly Variable[], name: string): Variable {
  const found = variables.findLast((variable) => variable.name === name);
  if (found === undefined) throw new TemplateError(`undefined variable: ${name}`);
  return found;
}

/** A field that an object does not have is no value; what is no object has no fields. */
function follow(value: TemplateValue, path: readonly string[]): TemplateValue {
  let found = value;
  for (const name of path) {
    if (found === undefined) return undefined;
    if (!(found instanceof RegoObject)) {
      throw new TemplateError(
        found === null ? `nil pointer evaluating interface {}.${name}` : `can't evaluate field ${name}`,
      );
    }
    found = found.get(name);
  }
  return found;
}

function* itemsOf(value: TemplateValue): Iterable<readonly [TemplateValue, TemplateValue]> {
  if (value instanceof RegoArray) {
    for (const [index, item] of value.items.entries()) yield [integer(index), item];
  } else if (value instanceof RegoObject) {
    const keys = value.keys.filter((key) => typeof key === 'string').toSorted(compareStrings);
    for (const key of keys) yield [key, value.get(key)];
  } else if (isInteger(value)) {
    for (let index = 0n; index < value.integer; index++) yield [integer(index), integer(index)];
  } else if (value !== undefined && value !== null) {
    throw new TemplateError(`range can't iterate over ${printed(value)}`);
  }
}
