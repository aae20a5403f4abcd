/** govalidator's IsEmail, which Fulcio asks: no quotes, blanks, comments or addresses of hosts. */
const WIDE = '\\u00a0-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef';
const ATOM = `[a-zA-Z0-9!#$%&'*+\\-/=?^_\`{|}~${WIDE}]+`;
const LABEL = `[a-zA-Z0-9${WIDE}](?:[a-zA-Z0-9\\-._~${WIDE}]*[a-zA-Z0-9${WIDE}])?`;
const LAST = `[a-zA-Z${WIDE}](?:[a-zA-Z0-9\\-_~${WIDE}]*[a-zA-Z${WIDE}])?`;
const LOCAL = new RegExp(`^${ATOM}(?:\\.${ATOM})*$`);
const FIRST = new RegExp(`^${LABEL}$`);
const TOP = new RegExp(`^${LAST}$`);

/** A quoted local part is an address by RFC 5321, and for Fulcio too where it is free of blanks; no issuer sends one. */
export function isEmailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at < 1 || text.length > 1000 || !LOCAL.test(text.slice(0, at))) return false;
  const host = text.endsWith('.') ? text.slice(at + 1, -1) : text.slice(at + 1);
  const dot = host.lastIndexOf('.');
  return dot > 0 && TOP.test(host.slice(dot + 1)) && FIRST.test(host.slice(0, dot));
}
