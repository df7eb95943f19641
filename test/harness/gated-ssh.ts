/**
 * Stands in for ssh where git starts it (GIT_SSH_COMMAND), and holds the bytes between the two back, so that a session
 * surely runs while a test does something to it. The environment says how:
 * - `GATE_UPLOAD=N`: after N bytes of git's, hold the rest back until the gate opens.
 * - `GATE_DOWNLOAD=N`: give git N bytes a second at most, until the gate opens.
 * - `GATE=FILE`: the gate is open when this file exists.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const { GATE_UPLOAD, GATE_DOWNLOAD, GATE = '' } = process.env;
const isOpen = (): boolean => existsSync(GATE);

/** Holds a chunk until the gate opens, or until its time has come. */
async function hold(chunk: Buffer, until: number): Promise<Buffer> {
  while (!isOpen() && performance.now() < until) await sleep(5);
  return chunk;
}

const transform = (change: (chunk: Buffer) => Promise<Buffer>): Transform =>
  new Transform({
    transform: (chunk: Buffer, _: BufferEncoding, done: TransformCallback) => {
      change(chunk).then((bytes) => done(null, bytes), done);
    },
  });

let uploaded = 0;
const upload = transform((chunk) => {
  uploaded += chunk.length;
  return hold(chunk, GATE_UPLOAD !== undefined && uploaded > Number(GATE_UPLOAD) ? Number.POSITIVE_INFINITY : 0);
});

let due = performance.now();
const download = transform((chunk) => {
  const milliseconds = GATE_DOWNLOAD === undefined ? 0 : (chunk.length / Number(GATE_DOWNLOAD)) * 1_000;
  due = Math.max(due, performance.now() - 5) + milliseconds;
  return hold(chunk, due);
});

const ssh = spawn('ssh', process.argv.slice(2), { stdio: ['pipe', 'pipe', 'inherit'] });
// Whichever side goes first, the other learns it from the end of its own stream.
pipeline(process.stdin, upload, ssh.stdin).catch(() => {});
const downloaded = pipeline(ssh.stdout, download, process.stdout).catch(() => {});
ssh.on('exit', (code) => {
  void downloaded.then(() => process.exit(code ?? 255));
});
