import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** An NTP server on the loopback (RFC 5905 §7.3), whose time is off by as much as it is told. */
export interface NtpStandIn {
  readonly host: string;
  readonly port: number;
  /** How far its time is ahead of ours. */
  aheadMs: number;
  /** Changes an answer before it goes; null: it goes nowhere. */
  spoil: (answer: Buffer) => Buffer | null;
  /** Questions so far. */
  readonly asked: readonly Buffer[];
  close(): Promise<void>;
}

const NTP_TO_UNIX = 2_208_988_800;

export async function ntpServer(clock: () => Date = () => new Date()): Promise<NtpStandIn> {
  const socket = createSocket('udp4');
  const asked: Buffer[] = [];
  const standIn: NtpStandIn = {
    host: '127.0.0.1',
    port: 0,
    aheadMs: 0,
    spoil: (answer) => answer,
    asked,
    close: async () => {
      const gone = once(socket, 'close');
      socket.close();
      await gone;
    },
  };
  socket.on('message', (question, from) => {
    asked.push(question);
    const answer = standIn.spoil(answerTo(question, clock().getTime() + standIn.aheadMs));
    if (answer !== null) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return Object.assign(standIn, { port: socket.address().port });
}

function answerTo(question: Buffer, nowMs: number): Buffer {
  const answer = Buffer.alloc(48);
  // Leap 0, the version of the question, mode 4 (server); stratum 2.
  answer.writeUInt8((question.readUInt8(0) & 0b0011_1000) | 4, 0);
  answer.writeUInt8(2, 1);
  // Root delay and dispersion of 15 ms each, in seconds of 16.16 bits.
  answer.writeUInt32BE(983, 4);
  answer.writeUInt32BE(983, 8);
  // Origin is the client's transmit timestamp.
  question.copy(answer, 24, 40, 48);
  for (const at of [16, 32, 40]) {
    answer.writeUInt32BE((Math.floor(nowMs / 1000) + NTP_TO_UNIX) % 2 ** 32, at);
    answer.writeUInt32BE(Math.floor(((nowMs % 1000) / 1000) * 2 ** 32), at + 4);
  }
  return answer;
}
