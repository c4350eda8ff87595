/** Resolves once the signal is aborted, or at once if it already is. Repeated waiters pass `unless` to stop waiting. */
export function aborted(signal: AbortSignal, unless?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true, ...(unless && { signal: unless }) });
  });
}
