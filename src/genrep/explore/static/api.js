// What the server is asked; every answer that is an error becomes an exception with its one line.

async function answer(response) {
  if (response.ok) return response;
  let message = `${response.status} ${response.statusText}`;
  try { message = (await response.json()).error ?? message; } catch { /* no JSON: the status says it */ }
  throw new Error(message);
}

export const getJSON = async (path) => (await answer(await fetch(path))).json();
const query = (run) => new URLSearchParams({ run }).toString();
export const listRuns = () => getJSON("/api/runs");
export const describe = (run) => getJSON(`/api/model?${query(run)}`);
export const points = (run) => getJSON(`/api/points?${query(run)}`);
export const directions = async (run) => (await getJSON(`/api/directions?${query(run)}`)).directions;

// One bitmap with the N decoded images side by side.
export async function decode(run, z, labels, epoch) {
  const response = await answer(await fetch("/api/decode", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ run, z, labels, epoch }),
  }));
  return createImageBitmap(await response.blob());
}

// Calls come faster than answers while one drags: of those that wait, only the latest is made.
export function latestOnly(job) {
  let running = false, waiting = null;
  return async function call(...args) {
    if (running) { waiting = args; return; }
    running = true;
    try {
      await job(...args);
    } finally {
      running = false;
      if (waiting) { const next = waiting; waiting = null; call(...next); }
    }
  };
}

export function show(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
}

export function blank(canvas) {
  canvas.width = canvas.height = 1;
}
