// What this browser keeps: options, the draft, the last ten threads. Nothing of it is sent anywhere.
const MAX_THREADS = 10;
const MAX_KEPT_TEXT = 20_000; // characters of a source

export function remembered(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`threadr.${name}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

// False where there is no space, or the browser keeps nothing.
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`threadr.${name}`);
    else localStorage.setItem(`threadr.${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

// Puts a thread on top of the last ones, in the place of what it was before.
export function rememberThread(made) {
  const kept = { ...made, source: { ...made.source } };
  if (kept.source.text) kept.source.text = kept.source.text.slice(0, MAX_KEPT_TEXT);
  const threads = [kept, ...remembered("threads", []).filter((each) => each.at !== made.at)].slice(0, MAX_THREADS);
  while (threads.length && !remember("threads", threads)) threads.pop();
}

export function forgetThread(at) {
  remember("threads", remembered("threads", []).filter((each) => each.at !== at));
}
