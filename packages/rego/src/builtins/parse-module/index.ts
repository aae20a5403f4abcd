/** rego.parse_module: a group of its own, as a compiled policy needs no parser. */
import { RegoSourceError } from '../../syntax/error.ts';
import { parseModule } from '../../syntax/parse-module.ts';
import { type BuiltinGroup, functions, stepText } from '../builtin.ts';
import { refusing } from '../encoding.ts';
import { stringOperand } from '../operands.ts';
import { moduleJson } from './module-json.ts';

export const PARSE_MODULE: BuiltinGroup = functions({
  'rego.parse_module': (context, filename, source) => {
    const [file, text] = [stringOperand(filename, 1), stringOperand(source, 1)];
    // Reading costs much more than looking through the text.
    stepText(context, text.length * 64);
    return refusing(RegoSourceError, () => moduleJson(parseModule(text, { file })));
  },
});
