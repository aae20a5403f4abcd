/** What belongs to the host: network, runtime and tracing. A host that allows it hands in functions of these names. */
import { RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinGroup, builtinError, functions } from './builtin.ts';
import { addressText, parseIp } from './go/ip.ts';
import { checkRequest } from './http-request.ts';
import { objectOperand, stringOperand } from './operands.ts';

function refused(name: string): Error {
  return builtinError(`policies have no access to the network here: the host hands in no function ${name}`);
}

/** An address is its own, and `localhost` is this machine (RFC 6761 §6.3): neither asks the network. */
function lookUp(name: string): Value {
  const address = parseIp(name);
  if (address !== undefined) return RegoSet.of([addressText(address)]);
  if (name.toLowerCase().replace(/\.$/, '') === 'localhost') return RegoSet.of(['127.0.0.1', '::1']);
  throw refused('net.lookup_ip_addr');
}

function outsideRule(name: string): Error {
  return builtinError(`the ${name} function must only be called within the scope of a rule`);
}

export const HOST: BuiltinGroup = functions({
  'http.send': (_context, request) => {
    checkRequest(objectOperand(request, 1), 1);
    throw refused('http.send');
  },
  'net.lookup_ip_addr': (_context, name) => lookUp(stringOperand(name, 1)),
  'opa.runtime': () => RegoObject.empty,
  trace: (_context, note) => {
    stringOperand(note, 1);
    return true;
  },
  'rego.metadata.chain': () => {
    throw outsideRule('rego.metadata.chain');
  },
  'rego.metadata.rule': () => {
    throw outsideRule('rego.metadata.rule');
  },
});
