import { parseCommand } from '../core/git/command.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import type { Candidate } from '../core/index/candidates.ts';
import { asciiOnly } from '../core/printable.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Identify, VerifiedKey } from './authentication.ts';
import { newCorrelationId } from './correlation-id.ts';
import type { ClientFacts, CommandRefusal, SessionFacts } from './events.ts';
import { greeting } from './greeting.ts';
import { message } from './message.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import { whyLoginRevoked } from './revocation.ts';
import { type Refusal, routeCommand } from './route.ts';
import { type RunContext, runRoute } from './run-route.ts';
import type { CommandRequest, SshChannel } from './ssh/connection.ts';

export type SessionContext = RunContext & {
  readonly isDraining: () => boolean;
  /** Who somebody is who begins something new. */
  readonly admit: Identify;
  /** Each greeting looks at all repositories: many at once would hold up what everybody else does. */
  readonly greetInTurn: OneAtATime;
};

export type VerifiedClient = { readonly client: ClientFacts; readonly key: VerifiedKey };

type Session = {
  readonly key: VerifiedKey;
  readonly session: SessionFacts;
  readonly channel: SshChannel;
  readonly request: CommandRequest;
};

/**
 * Runs what one channel asked for: parse, decide, open the link, forward, and tell the outcome. Resolves when the
 * channel has its exit status; never rejects.
 */
export async function runSession(
  context: SessionContext,
  { client, key }: VerifiedClient,
  channel: SshChannel,
  request: CommandRequest,
): Promise<void> {
  const { loginName, fingerprint } = key;
  const command = asciiOnly(request.command ?? '', 1_024);
  const session = { ...client, loginName, fingerprint, correlationId: newCorrelationId(), command };
  const answer = request.command === undefined ? greet : run;
  const refusal = await answer(context, { key, session, channel, request }).catch((cause: unknown) => {
    return buildFault(session, cause);
  });
  if (refusal === undefined) return;
  const { told, exitStatus, ...audited } = refusal;
  channel.writeStderr(message(told));
  channel.exit(exitStatus);
  context.emit({ type: 'SessionRefused', session, ...audited });
}

async function greet(context: SessionContext, { key, session, channel }: Session): Promise<Refusal | undefined> {
  // What a terminal's user types is read and thrown away.
  channel.onData = () => true;
  const greeted = context.greetInTurn(async (): Promise<Refusal | undefined> => {
    // Its turn may have come late: what counts is who the client is now.
    const asker = identify(context, key);
    if (!asker.ok) return asker.error;
    const { candidates, index } = asker.value;
    try {
      channel.write(Buffer.from(await greeting(candidates, index, channel.closed)));
    } catch (error) {
      if (!channel.closed.aborted) throw error;
    }
    channel.exit(0);
    context.emit({ type: 'Greeted', session, identities: candidates.map(({ identity }) => identity) });
    return undefined;
  });
  return greeted ?? refuse('TooManyGreetings', 'too many ask who they are at this moment: try again');
}

async function run(context: SessionContext, { key, session, channel, request }: Session): Promise<Refusal | undefined> {
  const asker = identify(context, key);
  if (!asker.ok) return asker.error;
  const { candidates, index } = asker.value;
  const command = parseCommand(request.command ?? '');
  if (!command.ok) {
    const { kind, message: told, exitStatus } = command.error;
    return refuse(kind === 'BadPath' ? kind : `${kind}Command`, told, exitStatus);
  }
  const route = routeCommand(command.value, candidates, index);
  if (!route.ok) return route.error;
  await runRoute(context, { key, session, channel, route: route.value, gitProtocol: request.gitProtocol });
  return undefined;
}

type Asker = { readonly candidates: readonly Candidate[]; readonly index: AccessIndex };

/** Who asks, at this moment. */
function identify(context: SessionContext, key: VerifiedKey): Result<Asker, Refusal> {
  if (context.isDraining()) return err(refuse('Draining', 'the server is shutting down: try again'));
  const index = context.source.current;
  const candidates = context.admit(key);
  if (candidates.ok && index !== undefined) return ok({ candidates: candidates.value, index });
  const why = candidates.ok ? 'IndexUnavailable' : candidates.error.reason;
  return err(refuse(why === 'IndexUnavailable' ? why : 'LoginRevoked', whyLoginRevoked(why)));
}

const refuse = (reason: CommandRefusal, told: string, exitStatus = 1): Refusal => ({ reason, told, exitStatus });

const buildFault = ({ correlationId }: SessionFacts, cause: unknown): Refusal => ({
  ...refuse('Fault', `something went wrong on the server (correlation id ${correlationId})`),
  cause,
});
