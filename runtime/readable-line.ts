import type { PushReport, RefVerdict } from '../core/link/push-report.ts';
import { onOneLine } from '../core/printable.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Turns one line of the log, as JSON, into one for a person at a terminal: time of day, level, component, message, and
 * the fields that matter as `key=value`; below an error, its stack. Strangers' bytes are never obeyed by the terminal.
 */
export function formatReadableLine(json: string, colorize: boolean): string {
  const line = JSON.parse(json) as Fields;
  const level = String(line.level);
  const shownLevel = level.toUpperCase().padEnd(5);
  const color = colorize ? colors[level] : undefined;
  const summary = summaries[String(line.msg)]?.(line);
  const message = summary === undefined ? String(line.msg) : `${line.msg}: ${summary.text}`;
  const skipped = new Set([...hidden, ...hiddenOfSession(line), ...(summary?.told ?? [])]);
  const fields = Object.entries(line)
    .filter(([name]) => !skipped.has(name) && !(name === 'command' && 'path' in line))
    .flatMap(([name, value]) => formatField(name, value));
  const rest = [String(line.component), message, ...fields].join(' ');
  const said = `${timeOfDay(line.time)} ${color === undefined ? shownLevel : `${color}${shownLevel}\x1b[0m`} ${onOneLine(rest)}`;
  return [said, ...stackLines(line)].map((each) => `${each}\n`).join('');
}

/** By pino's name of the level. */
const colors: Readonly<Record<string, string>> = { warn: '\x1b[33m', error: '\x1b[31m', fatal: '\x1b[31m' };

/** What stands elsewhere in the line, and what only a program asks for. */
const hidden: ReadonlySet<string> = new Set([
  ...['time', 'level', 'component', 'msg', 'audit', 'connectionId', 'clientVersion', 'fingerprint', 'uid', 'decision'],
  ...['kex', 'hostKey', 'cipher', 'pid'],
]);

const timeOfDay = (time: unknown): string => {
  const at = new Date(String(time));
  const two = (part: number): string => String(part).padStart(2, '0');
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`;
};

function formatField(name: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  if (name === 'err') return [`${name}=${quote(String((value as Fields).message))}`];
  if (name === 'offered') return [`${name}=${quote(few(value as readonly Fields[], formatOffered))}`];
  if (name === 'who') return [`${name}=${quote(list(value).map(withoutKind).join(', '))}`];
  if (Array.isArray(value)) return [`${name}=${quote(few(value, (each) => text(each)))}`];
  if (typeof value !== 'object') return [`${name}=${quote(String(value))}`];
  return Object.entries(value).flatMap(([key, inner]) => formatField(`${name}.${key}`, inner));
}

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** `team/alice` for a person; a deploy key keeps its kind. */
const withoutKind = (who: unknown): string => String(who).replace(/^GitUser /, '');

const formatOffered = ({ outcome, who, fingerprint }: Fields): string =>
  `${outcome} ${who === undefined ? fingerprint : list(who).map(withoutKind).join('|')}`;

const maxFew = 3;

/** `total`: how many there are, listed or not. */
const few = <Value>(values: readonly Value[], format: (value: Value) => string, total = values.length): string => {
  const shown = values.slice(0, maxFew);
  const more = total > shown.length ? [`and ${total - shown.length} more`] : [];
  return [...shown.map(format), ...more].join(', ');
};

const maxValueLength = 300;

/** A value with spaces, of whatever kind, stands in quotes: none can pass for another field. */
function quote(value: string): string {
  const whole = onOneLine(value);
  const cut = whole.length > maxValueLength ? `${whole.slice(0, maxValueLength)}…` : whole;
  return /^[^\s"=]+$/.test(cut) ? cut : JSON.stringify(cut);
}

/** Done, and not done. `upload-pack` also answers who only looks (`git ls-remote`). */
const verbs: Readonly<Record<string, readonly [string, string]>> = {
  'receive-pack': ['pushed', 'could not push'],
  'upload-pack': ['read', 'could not read'],
  'upload-archive': ['archived', 'could not archive'],
};

/** What is said in place of the fields `told`. */
type Summary = { readonly text: string; readonly told: readonly string[] };

/** By message. */
const summaries: Readonly<Record<string, (line: Fields) => Summary | undefined>> = {
  'session ended': summarizeSession,
  'refs changed': ({ push }) => ({
    text: few((push as PushReport).refs, (ref) => formatChange(ref, true)),
    told: ['push'],
  }),
};

/** `team/alice pushed team/app refs/heads/main 514ed8b..1a48901`. */
function summarizeSession({ who, verb, repository, outcome, push }: Fields): Summary | undefined {
  const report = push as PushReport | undefined;
  const [done, undone] = verbs[String(verb)] ?? [];
  if (done === undefined || undone === undefined) return undefined;
  const isDone = report === undefined ? outcome === 'Completed' : hasLanded(report, outcome);
  const nothing = isDone && report === undefined && verb === 'receive-pack' ? 'nothing to' : undefined;
  const words = [withoutKind(who), isDone ? done : undone, nothing, repository, report && describePush(report)];
  return {
    text: words.filter((word) => word).join(' '),
    told: ['who', 'verb', 'repository', 'push', ...(outcome === 'Completed' ? ['outcome', 'exitStatus'] : [])],
  };
}

/** Anything of it, as far as that is known. */
const hasLanded = ({ accepted, landed }: PushReport, outcome: unknown): boolean =>
  accepted && (landed === undefined ? outcome === 'Completed' : landed > 0);

const describePush = ({ accepted, problem, refs, total }: PushReport): string =>
  problem === undefined ? few(refs, (ref) => formatChange(ref, accepted), total) : `${total} refs (${problem})`;

/** `old` and `new` as git abbreviates them; zeros are nothing. */
function formatChange(change: RefVerdict, isAccepted: boolean): string {
  const { ref, old, new: next, reason, landed } = change;
  const outcome = landed === undefined ? 'perhaps' : landed ? undefined : 'did not land';
  const remark = reason ?? (isAccepted ? outcome : undefined);
  const text = `${quote(ref)} ${old.slice(0, 7)}..${next.slice(0, 7)}`;
  return remark === undefined ? text : `${text} (${remark})`;
}

/** Of a session that was let in: who and where are enough. */
const hiddenOfSession = (line: Fields): readonly string[] =>
  'repository' in line ? ['key', 'path', 'rule', 'loginName'] : [];

/** Of what is our own fault; where others are to blame the message says enough. */
function stackLines({ level, err }: Fields): readonly string[] {
  const stack = (err as Fields | undefined)?.stack;
  if (typeof stack !== 'string' || (level !== 'error' && level !== 'fatal')) return [];
  return stack.split('\n').map((line) => `    ${onOneLine(line.trim())}`);
}
