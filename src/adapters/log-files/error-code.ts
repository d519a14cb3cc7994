// The system's name for what went wrong (errno(3)): all that is ever told of it, since messages may carry paths.

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
