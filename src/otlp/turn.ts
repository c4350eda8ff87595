/** Does something when it is asked to, but not again before something else has had a turn: for all events of a batch once. */
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
