import { nearest } from '../../core/nearest.ts';
import { options, variablePrefix } from './options.ts';
import type { ConfigProblem, Setting, Settings } from './settings.ts';

/** The variable that stands for `--config`. */
export const configVariable = `${variablePrefix}CONFIG`;

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the variables that begin with `GIT_INGRESS_`. Unknown ones are problems; empty ones are as good as absent. */
export function readEnvironmentSettings(environment: Environment): Settings {
  const values = new Map<string, Setting>();
  const problems: ConfigProblem[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(variablePrefix) || variable === configVariable || !value) continue;
    const option = options.find((candidate) => candidate.variable === variable);
    const origin = `variable ${variable}`;
    if (option !== undefined) values.set(option.field, { origin, value });
    else if (!isServiceLink(variable, environment)) problems.push({ origin, message: unknownVariable(variable) });
  }
  return { values, problems };
}

/**
 * Kubernetes gives each container variables that describe the Services of its namespace, in the manner of Docker's
 * links. Those of a Service named git-ingress-… have our prefix, and nobody wrote them. What gives them away is a URL for
 * a value, or the `…_SERVICE_HOST` that each Service has: a mere `GIT_INGRESS_SSH_PORT=22` is somebody's mistake.
 */
function isServiceLink(variable: string, environment: Environment): boolean {
  const { service } = serviceLink.exec(variable)?.groups ?? {};
  if (service === undefined) return false;
  return /^(tcp|udp|sctp):\/\//.test(environment[variable] ?? '') || Boolean(environment[`${service}_SERVICE_HOST`]);
}

const serviceLink =
  /^(?<service>\w+?)_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** The prefix is no part of the comparison: with it, everything would be near to everything. */
function unknownVariable(variable: string): string {
  const name = variable.slice(variablePrefix.length);
  const names = options.map((option) => option.variable.slice(variablePrefix.length));
  const listen = name.replace(/_(PORT|HOST|ADDRESS)$/, '_LISTEN');
  const meant = names.includes(listen) ? listen : nearest(name, names);
  return meant === undefined ? 'unknown variable' : `unknown variable; did you mean ${variablePrefix}${meant}?`;
}
