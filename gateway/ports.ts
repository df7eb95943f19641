import type { AccessIndex } from '../core/index/access-index.ts';
import type { PushReport, RefVerdict } from '../core/link/push-report.ts';
import type { SessionOrder } from '../core/link/ticket-content.ts';

/** Where the gateway gets the access index from: a folder of manifests, or the Kubernetes API. */
export interface AccessIndexSource {
  /** Undefined until a whole index has been seen; never half of one. */
  readonly current: AccessIndex | undefined;
  /** Seconds since the source last knew itself to be up to date. */
  ageSeconds(): number;
  /** Calls back after each swap. Returns the function that ends the subscription. */
  subscribe(onSwap: (index: AccessIndex) => void): () => void;
}

/** A decided session: what the repository server needs to run it. */
export type RepositorySessionRequest = SessionOrder;

/** Ways to the repositories. */
export interface RepositoryDialer {
  /**
   * Resolves when git runs and its streams are connected. Rejects with a `RepositoryFault` (whose fault, and what to
   * say to the user); aborting gives the session up, queued or not.
   */
  open(request: RepositorySessionRequest, signal: AbortSignal): Promise<RepositorySession>;
  close(): Promise<void>;
}

/** A running git process, seen from the gateway. Callbacks are set once, in the same tick in which `open` resolved. */
export interface RepositorySession {
  /** git's stdout, in a buffer that is used again after the call. `false` stops it until `resume()`. */
  onData: (bytes: Buffer) => boolean;
  /** git closed its stdout. */
  onEnd: () => void;
  resume(): void;
  /** git's stdin. `false`: stop until `onDrain`. The buffer is free again when `onWritten` is called, at the latest. */
  write(bytes: Buffer, onWritten?: () => void): boolean;
  onDrain: () => void;
  /** EOF on git's stdin; its output goes on. */
  end(): void;
  /** git's stderr, in order, held back by the other side while `false` was returned, until `resumeStderr()`. */
  onStderr: (bytes: Buffer) => boolean;
  resumeStderr(): void;
  /**
   * git's exit status, as a shell would give it: 128 and the signal's number if git was killed. Settles once, after the
   * last byte of stdout and stderr was delivered. Rejects with a `RepositoryFault`.
   */
  readonly ended: Promise<number>;
  /** What is known of a push so far: the verdict on its refs, then what landed. It outlives a link that is lost. */
  readonly push: PushReport | undefined;
  /** Refs that landed, or perhaps, beyond those that the last `push` lists; any number of times before `ended`. */
  onPushRefs: (refs: readonly RefVerdict[]) => void;
  /** A verdict that is still to come is no, then git's process group ends. Repeatable. */
  cancel(reason: string): void;
}
