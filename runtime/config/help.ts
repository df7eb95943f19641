import { type Accepted, acceptedOptions, configFlag, type OwnFlag } from './flag-settings.ts';
import { type Option, options } from './options.ts';

const indent = 6;
const width = 100;

/** The options of a subcommand for a terminal: each with its default, what it does, and its variable. */
export function formatOptions(accepted: Accepted): string {
  return [...acceptedOptions(accepted).map(formatOption), formatOwnFlag(configFlag)].join('\n');
}

/** The flags of one subcommand alone. */
export const formatOwnFlags = (flags: readonly OwnFlag[]): string => flags.map(formatOwnFlag).join('\n');

const formatOwnFlag = ({ flag, placeholder, description }: OwnFlag): string =>
  `  ${[flag, ...(placeholder === undefined ? [] : [placeholder])].join(' ')}\n${wrap(description)}`;

function formatOption(option: Option): string {
  const fallback = option.default ? ` [${option.default}]` : '';
  return `  ${option.flag} ${option.placeholder}${fallback}\n${wrap(`${option.description} (${option.variable})`)}`;
}

function wrap(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width - indent)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}

/** The page docs/configuration.md. */
export function buildConfigurationPage(): string {
  const rows = options.map((option) => {
    const cells = [
      `\`${option.field}\``,
      `\`${option.flag}\``,
      `\`${option.variable}\``,
      `\`${option.placeholder.replaceAll('|', '\\|')}\``,
      option.default ? `\`${option.default}\`` : '',
      option.description,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `${introduction}\n${rows.join('\n')}\n`;
}

const introduction = `<!-- Generated from runtime/config/schema.ts by \`make generate\`; do not edit. -->
# Configuration

Every option is a flag, an environment variable, and a field of the file that \`--config FILE\` (or
\`GIT_INGRESS_CONFIG\`) names. A flag goes before a variable, a variable before the file, the file before the default.
Each subcommand takes the flags that concern it (\`git-ingress SUBCOMMAND --help\`); the file and the variables may set
all options for all of them.

Every value is checked before anything listens. All that is wrong is named at once, with where it stands and what is
expected, and the exit code is 2. Unknown flags, fields, and variables that begin with \`GIT_INGRESS_\` are wrong too.
Passed over are only the variables that Kubernetes makes of a Service whose name begins with \`git-ingress\`: \`…_PORT\` and
\`…_PORT_22_TCP\` if the value is an address such as \`tcp://10.0.0.1:22\`, and all others of a Service whose
\`…_SERVICE_HOST\` is set.

- A DURATION is a whole number with a unit: \`500ms\`, \`30s\`, \`10m\`, \`12h\`, \`1d\`.
- A SIZE is a whole number of bytes, with or without a unit: \`64KiB\`, \`512MiB\`, \`1GiB\`.
- Where a limit can be switched off, \`0\` does it.
- An IPv6 address stands in brackets before a port: \`[::1]:2222\`.
- A list is written with commas, as a flag that is given several times, or as a list in the file.
- Relative paths begin at the working directory, wherever they are written.

\`\`\`yaml
ssh:
  listen: 0.0.0.0:2222
  rekeyBytes: 1GiB
login:
  exemptRanges: [10.0.0.0/8]
\`\`\`

| field | flag | variable | value | default | meaning |
| --- | --- | --- | --- | --- | --- |`;
