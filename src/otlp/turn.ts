/** Limits `act` to one call per turn of the event loop's microtasks, that is, per batch of events. */
export function oncePerTurn(act: () => void): () => void {
  let isDone = false;
  const forget = () => {
    isDone = false;
  };
  return () => {
    if (isDone) return;
    isDone = true;
    act();
    queueMicrotask(forget);
  };
}
