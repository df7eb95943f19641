import { parseCommand } from '../core/git/command.ts';
import type { AccessIndex } from '../core/index/access-index.ts';
import type { Candidate } from '../core/index/candidates.ts';
import type { VerifiedKey } from './authentication.ts';
import { newCorrelationId } from './correlation-id.ts';
import type { ClientFacts, CommandRefusal } from './events.ts';
import { greeting } from './greeting.ts';
import { message } from './message.ts';
import { printable } from './printable.ts';
import { whyLoginRevoked } from './revocation.ts';
import { type Refusal, type Route, routeCommand } from './route.ts';
import { type RunContext, runRoute } from './run-route.ts';
import type { CommandRequest, SshChannel } from './ssh/connection.ts';

export type SessionContext = RunContext & { readonly isDraining: () => boolean };

export type Login = { readonly client: ClientFacts; readonly key: VerifiedKey };

/**
 * Runs what one channel asked for: parse, decide, open the link, forward, and tell the outcome. Resolves when the
 * channel has its exit status; never rejects.
 */
export async function runSession(
  context: SessionContext,
  login: Login,
  channel: SshChannel,
  request: CommandRequest,
): Promise<void> {
  const { loginName, fingerprint } = login.key;
  const command = printable(request.command ?? '', 1_024);
  const session = { ...login.client, loginName, fingerprint, correlationId: newCorrelationId(), command };
  const admitted = admit(context, login, request);
  if ('refusal' in admitted) {
    const { told, exitStatus, ...audited } = admitted.refusal;
    channel.writeStderr(message(told));
    channel.exit(exitStatus);
    context.emit({ type: 'SessionRefused', session, ...audited });
  } else if ('index' in admitted) {
    const { candidates, index } = admitted;
    // What a terminal's user types is read and thrown away.
    channel.onData = () => true;
    channel.write(Buffer.from(await greeting(candidates, index)));
    channel.exit(0);
    context.emit({ type: 'Greeted', session, identities: candidates.map(({ identity }) => identity) });
  } else {
    const { route } = admitted;
    await runRoute(context, { key: login.key, session, channel, route, gitProtocol: request.gitProtocol });
  }
}

type Admitted =
  | { readonly route: Route }
  | { readonly candidates: readonly Candidate[]; readonly index: AccessIndex }
  | { readonly refusal: Refusal };

/** Who asks, what for, and whether they may: all that is decided before anything is opened. */
function admit({ source, identify, isDraining }: SessionContext, login: Login, request: CommandRequest): Admitted {
  const refuse = (reason: CommandRefusal, told: string, exitStatus = 1): Admitted => ({
    refusal: { reason, told, exitStatus },
  });
  if (isDraining()) return refuse('Draining', 'the server is shutting down: try again');
  const index = source.current;
  const candidates = identify(login.key);
  if (!candidates.ok || index === undefined) {
    return refuse('LoginRevoked', whyLoginRevoked(candidates.ok ? 'IndexUnavailable' : candidates.error.reason));
  }
  if (request.command === undefined) return { candidates: candidates.value, index };
  const command = parseCommand(request.command);
  if (!command.ok) {
    const { kind, message: told, exitStatus } = command.error;
    return refuse(kind === 'BadPath' ? kind : `${kind}Command`, told, exitStatus);
  }
  const route = routeCommand(command.value, candidates.value, index);
  return route.ok ? { route: route.value } : { refusal: route.error };
}
