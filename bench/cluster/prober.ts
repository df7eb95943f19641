import { resourceTypes } from '../../operator/resource-types.ts';
import { type Client, type Key, makeKey } from '../../test/harness/client.ts';
import type { GatewayServer } from '../../test/harness/gateway.ts';
import { peopleNamespace, type Release } from './cluster.ts';
import { buildUser, createKey } from './loaded-cluster.ts';
import { clientOf, openSession, untilAccepted, untilRefused } from './logins.ts';

/** Milliseconds from the API server's answer to a write, for each gateway. */
export type ProbeTimes = {
  /** From the creation of a key to the end of the first ssh that it lets in. */
  readonly accepted: readonly number[];
  /** From what revokes it to the end of the first ssh that is refused. */
  readonly refused: readonly number[];
  /** From there to the end of an ssh whose session was open. */
  readonly ended: readonly number[];
};

export type Prober = {
  /** Gives a person a key and takes it away again: by its deletion, and every other time by the person's suspension. */
  probe(): Promise<ProbeTimes>;
};

/** More than one, so that no probe meets what the one before it left. */
const people = 10;
const repository = 'probe';
const fieldManager = 'bench';

/** Makes the people who probe, and a repository that they may read. */
export const createProber = async (
  { client, server }: Release,
  gateways: readonly GatewayServer[],
): Promise<Prober> => {
  const named = (name: string) => ({ namespace: peopleNamespace, name });
  const access = [{ role: 'Read', subjects: [{ kind: 'Everyone' }] }];
  const create = { fieldManager, force: true };
  await client.apply(resourceTypes.Repository, { metadata: named(repository), spec: { type: 'Git', access } }, create);
  const persons: { readonly name: string; readonly key: Key; readonly clients: readonly Client[] }[] = [];
  for (let at = 0; at < people; at++) {
    const name = `prober-${at}`;
    const key = await makeKey(server.home, name);
    await client.apply(resourceTypes.GitUser, buildUser(name), create);
    persons.push({ name, key, clients: gateways.map((gateway) => clientOf(gateway, key)) });
  }
  const suspend = (name: string, suspended: boolean) =>
    client.mergePatch(resourceTypes.GitUser, named(name), { spec: { suspended } }, { fieldManager });
  const removeKey = (name: string) => client.remove(resourceTypes.SSHKey, named(name));

  let probes = 0;
  return {
    async probe() {
      const person = persons[probes % people];
      const bySuspension = Math.floor(probes / people) % 2 === 1;
      probes += 1;
      if (person === undefined) throw new Error('nobody probes');
      const { name, key, clients } = person;
      await createKey(client, name, key.publicKey, name);
      const createdAt = performance.now();
      const accepted = await Promise.all(clients.map(untilAccepted));
      const sessions = await Promise.all(clients.map((each) => openSession(each, `${peopleNamespace}/${repository}`)));
      const ended = sessions.map((session) => session.ended.then(() => performance.now()));
      if (bySuspension) await suspend(name, true);
      else await removeKey(name);
      const revokedAt = performance.now();
      const [refused, ends] = await Promise.all([Promise.all(clients.map(untilRefused)), Promise.all(ended)]);
      if (bySuspension) {
        await removeKey(name);
        await suspend(name, false);
      }
      return {
        accepted: accepted.map((at) => at - createdAt),
        refused: refused.map((at) => at - revokedAt),
        ended: ends.map((at) => at - revokedAt),
      };
    },
  };
};
