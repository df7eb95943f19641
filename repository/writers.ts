/** Knows which repositories are being pushed to. */
export interface Writers {
  /**
   * Resolves when a git may begin to write in the repository of this UID. Call the function that it gives when that git
   * is gone, with whether it was killed.
   */
  enter(uid: string): Promise<(killed: boolean) => void>;
}

type Activity = { writers: number; killed: boolean; cleaning: Promise<void> | undefined };

/**
 * A git that is killed leaves its quarantine behind, and after SIGKILL its locks, which would fail every later push. So
 * `clean` runs when one was killed and no other writes; who comes meanwhile waits for it.
 */
export function createWriters(clean: (uid: string) => Promise<void>): Writers {
  const activities = new Map<string, Activity>();

  function leave(uid: string, activity: Activity, killed: boolean): void {
    activity.writers -= 1;
    activity.killed ||= killed;
    if (activity.writers > 0) return;
    if (!activity.killed) {
      activities.delete(uid);
      return;
    }
    activity.killed = false;
    activity.cleaning = clean(uid).finally(() => {
      activity.cleaning = undefined;
      if (activity.writers === 0) activities.delete(uid);
    });
    activity.cleaning.catch(() => {}); // Whoever enters next is told.
  }

  return {
    async enter(uid) {
      const activity = activities.get(uid) ?? { writers: 0, killed: false, cleaning: undefined };
      activities.set(uid, activity);
      activity.writers += 1;
      try {
        await activity.cleaning;
      } catch (error) {
        leave(uid, activity, true);
        throw error;
      }
      let inside = true;
      return (killed) => {
        if (inside) leave(uid, activity, killed);
        inside = false;
      };
    },
  };
}
