import { createLog, type Log } from '../log.ts';

/** A log whose lines a test reads: each as the object that it is. */
export function createLogLines<Line = Record<string, unknown>>(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const sink = {
    dropped: 0,
    isLosing: false,
    flush: async () => {},
    write: (text: string) => void lines.push(JSON.parse(text)),
  };
  return { log: createLog({ level: 'info', format: 'json', component: 'test', sink }), lines };
}
