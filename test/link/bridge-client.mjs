// Stands in for ssh: `bridge-client.mjs SOCKET [-o SendEnv=GIT_PROTOCOL] HOST COMMAND`. Sends one line, then its stdin;
// reads frames of stdout (1), stderr (2) and the exit status (3).
import net from 'node:net';

const path = process.argv[2];
const [host, command] = process.argv.slice(-2);
const socket = net.connect({ path, allowHalfOpen: true });
socket.write(`${JSON.stringify({ host, command, gitProtocol: process.env.GIT_PROTOCOL })}\n`);
process.stdin.pipe(socket);

let pending = Buffer.alloc(0);
let status = 255;
socket.on('data', (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
    const kind = pending.readUInt8(0);
    const end = 5 + pending.readUInt32BE(1);
    const payload = pending.subarray(5, end);
    pending = pending.subarray(end);
    if (kind === 1) process.stdout.write(payload);
    else if (kind === 2) process.stderr.write(payload);
    else status = payload.readUInt8(0);
  }
});
function end() {
  process.stdout.write('', () => process.exit(status));
}
socket.on('end', end);
socket.on('error', end);
