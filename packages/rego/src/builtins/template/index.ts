/** strings.render_template: a group of its own, for its size. */
import { spend } from '../../values/meter.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../../values/value.ts';
import { type BuiltinGroup, builtinError, functions, stepText } from '../builtin.ts';
import { refusing } from '../encoding.ts';
import { objectOperand, stringOperand } from '../operands.ts';
import { executeTemplate } from './execute.ts';
import { FUNCTION_NAMES } from './functions.ts';
import { parseTemplate } from './parse.ts';
import { TemplateError } from './scan.ts';

/** The variables must be JSON as they stand. */
function isJsonValue(value: Value): boolean {
  spend(1);
  if (value instanceof RegoSet) return false;
  if (value instanceof RegoArray) return value.items.every(isJsonValue);
  if (!(value instanceof RegoObject)) return true;
  return value.entries().every(([key, item]) => typeof key === 'string' && isJsonValue(item));
}

export const TEMPLATE: BuiltinGroup = functions({
  'strings.render_template': (context, template, variables) => {
    const source = stringOperand(template, 1);
    const data = objectOperand(variables, 2);
    stepText(context, source.length);
    if (!isJsonValue(data)) throw builtinError('the variables have sets or keys that are no strings');
    return refusing(TemplateError, () => {
      const read = (characters: number): void => stepText(context, characters);
      const text = executeTemplate(parseTemplate(source, FUNCTION_NAMES), data, read);
      return text.replaceAll('<no value>', '<undefined>');
    });
  },
});
