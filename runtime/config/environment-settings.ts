import { nearest } from './nearest.ts';
import { options, variablePrefix } from './options.ts';
import type { ConfigProblem, Setting, Settings } from './settings.ts';

/** The variable that stands for `--config`. */
export const configVariable = `${variablePrefix}CONFIG`;

/** Reads the variables that begin with `GIT_INGRESS_`. Unknown ones are problems; empty ones are as good as absent. */
export function readEnvironmentSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const values = new Map<string, Setting>();
  const problems: ConfigProblem[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(variablePrefix) || variable === configVariable || !value) continue;
    const option = options.find((candidate) => candidate.variable === variable);
    const origin = `variable ${variable}`;
    if (option !== undefined) values.set(option.field, { origin, value });
    else if (!isServiceLink(variable)) problems.push({ origin, message: unknownVariable(variable) });
  }
  return { values, problems };
}

/**
 * Kubernetes gives each container variables that describe the Services of its namespace, in the manner of Docker's
 * links. Those of a Service named git-ingress-… have our prefix, and nobody wrote them.
 */
const isServiceLink = (variable: string): boolean =>
  /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/.test(variable);

function unknownVariable(variable: string): string {
  const meant = nearest(
    variable,
    options.map((option) => option.variable),
  );
  return meant === undefined ? 'unknown variable' : `unknown variable; did you mean ${meant}?`;
}
