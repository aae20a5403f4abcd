/** yaml.*: a group of its own, for the library that reads YAML. */
import { BuiltinError, type BuiltinGroup, functions, stepText } from '../builtin.ts';
import { bytesOf } from '../go/text.ts';
import { stringOperand } from '../operands.ts';
import { readYaml } from './read.ts';
import { writeYaml } from './write.ts';

export const YAML: BuiltinGroup = functions({
  'yaml.marshal': (context, value) => writeYaml(value, (characters) => stepText(context, characters)),
  'yaml.unmarshal': (context, text) => {
    const source = stringOperand(text, 1);
    stepText(context, source.length);
    return readYaml(source, (steps) => context.step(steps));
  },
  'yaml.is_valid': (context, text) => {
    if (typeof text !== 'string') return false;
    stepText(context, bytesOf(text).length);
    try {
      readYaml(text, (steps) => context.step(steps));
      return true;
    } catch (error) {
      if (error instanceof BuiltinError) return false;
      throw error;
    }
  },
});
