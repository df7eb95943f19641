const pending: (() => void)[] = [];

// A signal ends the process without this event, unless somebody listens for it: then the clean-up runs too.
process.on('exit', () => {
  for (const undo of pending.toReversed()) undo();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Registers what must not outlive the bench, however it ends. Returns what does it now, once. */
export const undoAtExit = (undo: () => void): (() => void) => {
  pending.push(undo);
  return () => {
    const position = pending.indexOf(undo);
    if (position === -1) return;
    pending.splice(position, 1);
    undo();
  };
};
