import { createHash } from 'node:crypto';
import type { CommandRequest, SshChannel } from '../connection.ts';

/** Sends `total` bytes as fast as back-pressure allows, then calls `onSent`. */
function pour(
  write: (bytes: Buffer) => boolean,
  setDrain: (onDrain: () => void) => void,
  total: number,
  onSent: () => void,
): void {
  const block = Buffer.alloc(65_536, 'git-ingress ');
  let left = total;
  const go = (): void => {
    while (left > 0) {
      const bytes = block.subarray(0, Math.min(left, block.length));
      left -= bytes.length;
      if (!write(bytes)) break;
    }
    if (left === 0) {
      setDrain(() => {});
      onSent();
    }
  };
  setDrain(go);
  go();
}

/**
 * A few commands that exercise a channel: `echo`, `hash` (SHA-256 of the input), `pour N` (bytes on stdout), `both N`
 * (on stdout and stderr), `moan N` (on stderr, at once), `exit N`, `later` (`hash`, after a while), `drop` (the input),
 * `wait` (for ever), `env`.
 */
export function runTestCommand(channel: SshChannel, { command = 'shell', gitProtocol }: CommandRequest): void {
  const [verb, argument = '0'] = command.split(' ');
  const amount = Number(argument);
  const setStdoutDrain = (onDrain: () => void): void => {
    channel.onDrain = onDrain;
  };
  const setStderrDrain = (onDrain: () => void): void => {
    channel.onStderrDrain = onDrain;
  };
  switch (verb) {
    case 'echo':
      channel.onDrain = () => channel.resume();
      channel.onData = (bytes, release) => {
        const mayGoOn = channel.write(bytes);
        release();
        return mayGoOn;
      };
      channel.onEnd = () => channel.exit(0);
      break;
    case 'hash':
    case 'later': {
      const hash = createHash('sha256');
      const start = (): void => {
        channel.onData = (bytes, release) => {
          hash.update(bytes);
          release();
          return true;
        };
        channel.onEnd = () => {
          channel.write(Buffer.from(hash.digest('hex')));
          channel.exit(0);
        };
      };
      if (verb === 'hash') start();
      else setTimeout(start, 200);
      break;
    }
    case 'pour':
      pour(
        (bytes) => channel.write(bytes),
        setStdoutDrain,
        amount,
        () => channel.exit(0),
      );
      break;
    case 'both': {
      let running = 2;
      const onSent = (): void => {
        running -= 1;
        if (running === 0) channel.exit(7);
      };
      pour((bytes) => channel.write(bytes), setStdoutDrain, amount, onSent);
      pour((bytes) => channel.writeStderr(bytes), setStderrDrain, amount, onSent);
      break;
    }
    case 'moan':
      channel.writeStderr(Buffer.alloc(amount, 'o'));
      channel.exit(1);
      break;
    case 'env':
      channel.write(Buffer.from(JSON.stringify({ gitProtocol })));
      channel.exit(0);
      break;
    case 'drop':
      channel.onData = (_bytes, release) => {
        release();
        return true;
      };
      channel.onEnd = () => channel.exit(0);
      break;
    case 'wait':
      break;
    case 'exit':
      channel.exit(amount);
      break;
    default:
      channel.writeStderr(Buffer.from('hello\n'));
      channel.exit(command === 'shell' ? 0 : 127);
  }
}
