/** The time of another machine by NTP, as a client that keeps no state (RFC 5905 §14, "SNTP"). */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { on, once } from 'node:events';
import type { LocalTime } from './clock-guard.ts';

export interface NtpServer {
  readonly host: string;
  readonly port: number;
}

export interface NtpAnswer {
  /** When it got the question, and when it sent the answer, by its clock. */
  readonly receivedMs: number;
  readonly sentMs: number;
}

const PACKET_BYTES = 48;
const TIMEOUT_MS = 2000;
const VERSION = 4;
const CLIENT = 3;
const SERVER = 4;
const UNSYNCHRONISED = 3;
/** RFC 5905 §7.2: 16 is a server without a source, 0 one that wants to be left alone ("kiss of death"). */
const MAX_STRATUM = 15;
/** RFC 5905 appendix A.5.5.1, MAXDIST: a server that is less sure of itself is no help. */
const MAX_ROOT_DISTANCE_MS = 1500;
/** From the era of NTP to that of Unix, in seconds. */
const UNIX_EPOCH = 2_208_988_800;

/** How far our clock is ahead of the server's, by RFC 5905 §8; null when it does not tell in time. Never throws. */
export async function askNtp(
  { host, port }: NtpServer,
  local: Pick<LocalTime, 'clock' | 'elapsedMs'>,
): Promise<{ readonly aheadMs: number; readonly delayMs: number } | null> {
  let socket: Socket | undefined;
  try {
    const { address, family } = await lookup(host);
    socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    // Connected, so that the kernel takes answers of nobody else.
    socket.connect(port, address);
    await once(socket, 'connect');
    return await exchange(socket, local);
  } catch {
    // No such name, nobody there, no answer in time: each means that this server has no say.
    return null;
  } finally {
    socket?.close();
  }
}

async function exchange(socket: Socket, { clock, elapsedMs }: Pick<LocalTime, 'clock' | 'elapsedMs'>) {
  const messages = on(socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  // Random instead of our time: who cannot read the question cannot answer it, and it tells nobody what we believe.
  const asked = randomBytes(8);
  const question = Buffer.alloc(PACKET_BYTES);
  question[0] = (VERSION << 3) | CLIENT;
  question.set(asked, 40);
  const t1 = clock().getTime();
  const sentAtMs = elapsedMs();
  socket.send(question);
  for await (const [message] of messages as AsyncIterable<[Buffer]>) {
    const answer = parseNtpAnswer(message, asked);
    if (answer === null) continue;
    const t4 = t1 + (elapsedMs() - sentAtMs);
    const aheadMs = (t1 - answer.receivedMs + (t4 - answer.sentMs)) / 2;
    return { aheadMs, delayMs: Math.max(0, t4 - t1 - (answer.sentMs - answer.receivedMs)) };
  }
  return null;
}

/** null for anything but the answer to what was asked, by a server that knows the time. */
export function parseNtpAnswer(bytes: Uint8Array, asked: Uint8Array): NtpAnswer | null {
  if (bytes.length < PACKET_BYTES) return null;
  const packet = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [flags, stratum] = [packet.getUint8(0), packet.getUint8(1)];
  const version = (flags >> 3) & 7;
  const isAnswer = (flags & 7) === SERVER && version >= 3 && version <= VERSION;
  const isOurs = asked.every((byte, index) => byte === packet.getUint8(24 + index));
  const isSynchronised = flags >> 6 !== UNSYNCHRONISED && stratum >= 1 && stratum <= MAX_STRATUM;
  const rootDistanceMs = shortMs(packet, 4) / 2 + shortMs(packet, 8);
  if (!isAnswer || !isOurs || !isSynchronised || rootDistanceMs > MAX_ROOT_DISTANCE_MS) return null;
  const [receivedMs, sentMs] = [timestampMs(packet, 32), timestampMs(packet, 40)];
  return receivedMs === null || sentMs === null || sentMs < receivedMs ? null : { receivedMs, sentMs };
}

/** 16 bits of seconds, 16 of their fraction. */
function shortMs(packet: DataView, at: number): number {
  return (packet.getUint32(at) / 2 ** 16) * 1000;
}

/** 32 bits of seconds, 32 of their fraction, by Unix; null for the zero that means "unknown". */
function timestampMs(packet: DataView, at: number): number | null {
  const [seconds, fraction] = [packet.getUint32(at), packet.getUint32(at + 4)];
  if (seconds === 0 && fraction === 0) return null;
  // RFC 4330 §3: with the first bit clear it is the era that begins in 2036.
  const era = seconds >= 2 ** 31 ? 0 : 2 ** 32;
  return (era + seconds - UNIX_EPOCH + fraction / 2 ** 32) * 1000;
}
