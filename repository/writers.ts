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
 * `clean` runs when one was killed and no other writes; who comes meanwhile waits for it, and is told if it failed.
 */
export function createWriters(clean: (uid: string) => Promise<void>): Writers {
  const activities = new Map<string, Activity>();

  function settle(uid: string, activity: Activity): void {
    if (activity.writers > 0 || activity.cleaning !== undefined) return;
    if (activity.killed) startCleaning(uid, activity);
    else activities.delete(uid);
  }

  function startCleaning(uid: string, activity: Activity): void {
    const cleaning = clean(uid).then(
      () => {
        activity.killed = false;
        activity.cleaning = undefined;
        settle(uid, activity);
      },
      (error: unknown) => {
        activity.cleaning = undefined; // It stays to be done, for the next who enters.
        throw error;
      },
    );
    cleaning.catch(() => {});
    activity.cleaning = cleaning;
  }

  return {
    async enter(uid) {
      const activity = activities.get(uid) ?? { writers: 0, killed: false, cleaning: undefined };
      activities.set(uid, activity);
      if (activity.killed && activity.writers === 0 && activity.cleaning === undefined) startCleaning(uid, activity);
      activity.writers += 1;
      try {
        await activity.cleaning;
      } catch (error) {
        activity.writers -= 1;
        throw error;
      }
      let inside = true;
      return (killed) => {
        if (!inside) return;
        inside = false;
        activity.writers -= 1;
        activity.killed ||= killed;
        settle(uid, activity);
      };
    },
  };
}
