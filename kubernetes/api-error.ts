/** A refusal of the API server: metav1.Status, or what a proxy before it sent instead. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status. */
  readonly status: number;
  /** metav1.StatusReason, such as `Conflict`; '' where it says none. */
  readonly reason: string;
  /** Milliseconds that the server asks us to wait before we try again. */
  readonly retryAfterMs: number | undefined;
  /** The reasons in `details.causes`. */
  readonly causes: readonly string[];

  constructor(
    status: number,
    said: { readonly message: string; readonly reason?: string; readonly causes?: readonly string[] },
    retryAfterMs?: number,
  ) {
    super(said.message);
    this.status = status;
    this.reason = said.reason ?? '';
    this.causes = said.causes ?? [];
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer that could be used. Whether the server did what it was asked to is not known, unless `sent` is false. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault';
  readonly code: 'Unreachable' | 'Timeout' | 'TooLarge' | 'Malformed' | 'NoCredentials';
  /** False: the server can have seen nothing of the request. */
  readonly sent: boolean;

  constructor(
    code: ConnectionFault['code'],
    message: string,
    { sent = true, cause }: { readonly sent?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.sent = sent;
  }
}

const isStatus =
  (status: number, reason?: string) =>
  (error: unknown): error is ApiError =>
    error instanceof ApiError && error.status === status && (reason === undefined || error.reason === reason);

export const isNotFound = isStatus(404);
export const isForbidden = isStatus(403);
export const isInvalid = isStatus(422);
/** Someone else wrote the object first; or a precondition of a deletion does not hold. */
export const isConflict = isStatus(409, 'Conflict');
export const isAlreadyExists = isStatus(409, 'AlreadyExists');
/** The resource version or the continue token is older than what the server remembers (etcd was compacted). */
export const isGone = isStatus(410);

const maxMessageLength = 2_048;

/** The error that a response with such a status and body stands for. `retryAfter` is the header's value. */
export function parseApiError(status: number, body: string, retryAfter: string | undefined): ApiError {
  const retryAfterMs = parseRetryAfter(retryAfter);
  let said: StatusBody | undefined;
  try {
    said = JSON.parse(body) as StatusBody;
  } catch {
    // A load balancer's page, say. Its status is all that counts.
  }
  const message = typeof said?.message === 'string' && said.message !== '' ? said.message : `HTTP status ${status}`;
  const causes = Array.isArray(said?.details?.causes) ? said.details.causes : [];
  return new ApiError(
    status,
    {
      message: message.slice(0, maxMessageLength),
      reason: typeof said?.reason === 'string' ? said.reason : '',
      causes: causes.slice(0, 16).map((cause) => String(cause?.reason ?? '')),
    },
    retryAfterMs,
  );
}

type StatusBody = {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly { readonly reason?: unknown }[] };
} | null;

/** Seconds or a date, as RFC 9110 has it, in milliseconds. Undefined where it says nothing that could be understood. */
function parseRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds * 1_000);
}
