// The composer: asks for threads, shows one for each platform, and lets people change it before they post.
import { ask, address, clock, costWords, limitWords } from "./api.js";
import { confirmed, deleteThreads, ownedBefore, ownedBy } from "./deleting.js";
import { focusPost, showPosts, showReview } from "./editor.js";
import { button, element, find } from "./element.js";
import { showSource } from "./evidence.js";
import { forgetThread, remember, remembered, rememberThread } from "./memory.js";
import { read } from "./pasted.js";
import { Problem } from "./problems.js";
import { copied, download, joined, PLATFORMS } from "./share.js";
import * as edits from "./thread.js";

const EXAMPLE = `The city library will open on Sundays from March, after a two-year trial in three of its nine branches.
Visits rose by 31 percent on those days, and half of the visitors came with children, the library said on Monday.
The council pays 1.2 million dollars a year for the longer hours. Staff volunteer for Sunday shifts and get time off in return.
"People asked for this for a decade," said Ana Ruiz, who runs the branch at the harbour. "Now the lights are on."`;
const STEPS = [[0, "Looking up whether it is kept …"], [700, "Fetching the page …", "Reading the text …"], [2500, "Writing the thread …"], [12000, "Still writing. Long sources take a while …"]];
const OPTIONS = ["max_posts", "tone", "audience", "language", "numbering", "hooks", "source_link"];
const form = find("form");
const state = { made: null, platform: "x", working: null, otherwise: false, review: 0, lockedUntil: 0 };
const shown = () => state.made.threads[state.platform];

// --- The form -------------------------------------------------------------------------------------------------

function source() {
  const taken = read(form.source.value);
  if (!state.otherwise) return taken;
  return taken.url ? { text: form.source.value.trim() } : { url: taken.link };
}

function sayHowItIsRead() {
  const pasted = form.source.value.trim();
  const taken = pasted ? read(pasted) : {};
  if (!taken.url && !taken.link) state.otherwise = false;
  const now = pasted ? source() : {};
  const words = now.url ? `Read as a link: ${now.url.slice(0, 100)}` : now.text ? "Read as a text." : "A link is read for you; a text is taken as it is.";
  find("read-as-words").textContent = words;
  find("example").hidden = Boolean(pasted);
  const other = find("read-otherwise");
  other.hidden = !taken.link && (!taken.url || taken.url === pasted);
  other.textContent = now.url ? "Take it as a text" : "Read the link in it";
}

function request() {
  const options = { platform: form.platform.value, platforms: Object.keys(PLATFORMS) };
  for (const name of OPTIONS) {
    const value = form.elements[name].value.trim();
    if (value) options[name] = ["max_posts", "hooks"].includes(name) ? Number(value) : value;
  }
  return { ...source(), ...options };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.source.value.trim() && !find("make").disabled) make(request()); // Ctrl+Enter comes here, too
});
form.source.addEventListener("input", () => { state.otherwise = false; sayHowItIsRead(); remember("draft", form.source.value.slice(0, 200_000)); });
form.addEventListener("change", () => { remember("options", Object.fromEntries([...OPTIONS, "platform"].map((name) => [name, form.elements[name].value]))); });
form.platform.addEventListener("change", () => { if (state.made) choose(form.platform.value); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
  if (event.key.toLowerCase() === "z" && event.ctrlKey && event.altKey) { event.preventDefault(); on.undo(); }
});
find("read-otherwise").addEventListener("click", () => { state.otherwise = !state.otherwise; sayHowItIsRead(); });
find("example").addEventListener("click", () => { form.source.value = EXAMPLE; form.source.dispatchEvent(new Event("input")); find("make").focus(); });
find("cancel").addEventListener("click", () => state.working?.abort());
find("server").addEventListener("change", (event) => { remember("server", event.target.value.trim()); show(); });

// --- Asking ---------------------------------------------------------------------------------------------------

// Runs `act` with a signal, says what is happening, and says what to do when it fails. True when it was done. What
// cannot be used of a `refined` request is said in words of its own.
async function work(steps, act, refined = "") {
  state.working?.abort();
  const working = (state.working = new AbortController());
  fail("");
  find("cancel").hidden = false;
  find("make").disabled = true;
  const timers = steps.map(([after, words]) => setTimeout(say, after, words));
  try {
    await act(working.signal);
    return true;
  } catch (error) {
    if (state.working !== working) return false;
    say("");
    if (error.name === "AbortError") say("Cancelled. Your text is still here.");
    else fail(refined && error.kind === "validation" ? new Problem(error.kind, { fault: refined }).message : error.message, error.waitSeconds);
    return false;
  } finally {
    timers.forEach(clearTimeout);
    if (state.working === working) {
      state.working = null;
      find("cancel").hidden = true;
      find("make").disabled = Date.now() < state.lockedUntil;
    }
  }
}

async function make(wanted, { fresh = false } = {}) {
  const { made: before } = state;
  keepNow();
  find("result").hidden = true; // nobody copies the old thread for the new one
  const steps = STEPS.map(([after, words, ofText]) => [after, wanted.text && ofText ? ofText : words]);
  const done = await work(steps, async (signal) => {
    const { answer, headers } = await ask("api/generate", { body: fresh ? { ...wanted, refresh: true } : wanted, signal });
    find("limit").textContent = limitWords(headers);
    state.made = madeOf(wanted, answer, headers);
  });
  if (!done && state.working) return; // a newer request is under way
  if (!done) {
    find("result").hidden = !before;
    return;
  }
  state.platform = wanted.platform;
  keepNow();
  show();
  say(`Your thread is ready: ${shown().posts.length} posts for ${PLATFORMS[state.platform]}.`);
  find("title").focus();
}

function madeOf(wanted, answer, headers) {
  const [cost, ids] = [costWords(answer, headers), Object.values(answer.ids)];
  const threads = Object.entries(answer.threads).map(([name, posts]) => [name, edits.threadOf(answer.ids[name], posts)]);
  return {
    at: Date.now(), request: wanted, title: answer.title, cost, hooks: answer.hooks, warnings: answer.warnings,
    source: { text: wanted.text, url: answer.source.url ?? wanted.url }, threads: Object.fromEntries(threads),
    owned: [...ownedBy(ids, headers), ...ownedBefore(ids)],
  };
}

async function review() {
  const [asked, thread] = [++state.review, shown()];
  find("posts").setAttribute("aria-busy", "true");
  try {
    const { answer } = await ask("api/validate", { body: { thread: edits.contents(thread), platform: state.platform } });
    if (asked !== state.review) return;
    showReview(find("posts"), answer);
    listIn(find("thread-problems"), answer.problems);
  } catch (error) {
    if (asked === state.review) listIn(find("thread-problems"), [`The posts are not counted now. ${error.message}`]);
  } finally {
    if (asked === state.review) find("posts").removeAttribute("aria-busy");
  }
}

const listIn = (list, sentences) => list.replaceChildren(...sentences.map((words) => element("li", { textContent: words, dir: "auto" })));

let waiting;
function reviewSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(review, 300);
}

// --- The thread -----------------------------------------------------------------------------------------------

function show() {
  if (!state.made) return;
  const { made } = state;
  if (!made.threads[state.platform]) state.platform = Object.keys(made.threads)[0];
  find("result").hidden = false;
  find("title").textContent = made.title ?? "Your thread";
  find("about").replaceChildren(made.cost, ...(made.source.url ? [" ", element("a", { href: made.source.url, target: "_blank", rel: "noopener noreferrer", textContent: made.source.url })] : []));
  find("server-label").hidden = state.platform !== "mastodon";
  showTabs();
  showHooks();
  showThread();
  showSource(find("source-text"), made.source);
}

function showTabs() {
  find("tabs").replaceChildren(...Object.keys(state.made.threads).map((name) => element("button", {
    type: "button", role: "tab", id: `tab-${name}`, textContent: PLATFORMS[name], tabIndex: name === state.platform ? 0 : -1,
    "aria-selected": String(name === state.platform), "aria-controls": "panel", onclick: () => choose(name, true),
    onkeydown: (event) => {
      const names = Object.keys(state.made.threads);
      const to = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (to) choose(names[(names.indexOf(name) + to + names.length) % names.length], true);
    },
  })));
  find("panel").setAttribute("aria-labelledby", `tab-${state.platform}`);
}

function choose(name, focused = false) {
  state.platform = form.platform.value = name;
  form.dispatchEvent(new Event("change"));
  show();
  if (focused) find(`tab-${name}`).focus();
}

function showHooks() {
  find("hooks").hidden = !state.made.hooks.length;
  find("hook-list").replaceChildren(...state.made.hooks.map((hook, at) =>
    button(hook, () => { edits.pickHook(shown(), hook); changed(0); say("The opening is in the first post now."); }, { className: "quote", dir: "auto", "aria-label": `Take opening ${at + 1}: ${hook}` })));
}

// A warning that names words of a post is shown beside it, the others above all.
function warningsOf(post) {
  return state.made.warnings.filter((words) => namedIn(words).some((name) => post.text.includes(name)));
}

const namedIn = (words) => {
  const quoted = [...words.matchAll(/[“"]([^”"]{2,})[”"]/g)].map(([, name]) => name);
  const [, names] = words.match(/^.*(?:: |the (?:numbers|names|dates) |sentence with )(.+?)\.?$/) ?? [];
  const listed = (names ?? "").split(/,? (?:and|or) |, /).map((name) => name.replace(/^["“'‘]|["”'’.]$/g, ""));
  return [...quoted, ...listed.filter((name) => name.length > 1)];
};

function showThread() {
  const thread = shown();
  showPosts(find("posts"), thread, state.platform, { server: remembered("server", ""), warnings: warningsOf, on });
  const general = state.made.warnings.filter((words) => !thread.posts.some((post) => warningsOf(post).includes(words)));
  listIn(find("warnings"), general.map((words) => words.replace("raise max_posts to see", "choose a greater length to have")));
  showActions();
  reviewSoon();
}

function showActions() {
  const thread = shown();
  const edited = edits.isEdited(thread);
  find("actions").replaceChildren(...[
    button("Copy all", () => said(joined(edits.contents(thread)), "The whole thread is copied."), { className: "small primary" }),
    ...["txt", "md", "json"].map((form) => button(`.${form}`, () => download(form, thread, state.made.title), { "aria-label": `Download as ${form}` })),
    button(edited ? "Save and copy its address" : "Copy its address", () => on.share()),
    button("Another version", () => make({ ...state.made.request, platform: state.platform }, { fresh: true })),
    button("Undo", () => on.undo(), { disabled: !thread.undo.length, "aria-keyshortcuts": "Control+Alt+Z" }),
    state.made.owned?.length ? button("Delete…", () => on.deleteAll(), { className: "small danger" }) : []].flat());
}

// A thread made of one of `made`, which can be deleted with it.
async function askForThread(made, path, request) {
  const { answer, headers } = await ask(path, request);
  find("limit").textContent = limitWords(headers);
  made.owned = [...(made.owned ?? []), ...ownedBy([answer.id], headers)];
  return { answer, headers };
}

async function said(text, done) {
  say(await copied(text, done));
}

// `made` may have been left, or forgotten, while the server was asked.
function changed(at, caret, made = state.made) {
  if (made !== state.made) {
    if (remembered("threads", []).some((each) => each.at === made.at)) rememberThread(made);
    return;
  }
  showThread();
  if (at !== undefined) focusPost(find("posts"), at, caret);
  keep();
}

const on = {
  copy: (at) => said(edits.contents(shown())[at], `Copied post ${at + 1}.`),
  write: (at, text) => { edits.write(shown(), at, text); showActions(); reviewSoon(); keep(); },
  split: (at, caret) => { edits.split(shown(), at, caret); changed(at + 1, 0); say(`Post ${at + 1} is split.`); },
  merge: (at) => { const caret = shown().posts[at].text.trimEnd().length; edits.merge(shown(), at); changed(at, caret); say(`Posts ${at + 1} and ${at + 2} are one now.`); },
  move: (at, to) => { edits.move(shown(), at, to); changed(to); say(`Moved: it is post ${to + 1} now.`); },
  add: (at) => { edits.add(shown(), at); changed(at + 1); },
  remove: (at) => { edits.remove(shown(), at); changed(Math.max(0, at - 1)); say(`Post ${at + 1} is deleted. Undo brings it back.`); },
  undo: () => { if (state.made && edits.undo(shown())) { changed(); say("Undone."); } },
  quote: (evidence) => {
    find("evidence").open = true;
    showSource(find("source-text"), state.made.source, evidence);
    find("source-text").focus();
  },
  rewrite: (at, wish) => {
    const [{ made }, thread] = [state, shown()];
    const { from } = thread.posts[at];
    work([[0, `Rewriting post ${at + 1} …`]], async (signal) => {
      const path = `api/threads/${from.id}/posts/${from.number}/rewrite`;
      const { answer, headers } = await askForThread(made, path, { body: wish ? { wish } : {}, signal });
      edits.rewritten(thread, at, answer);
      changed(at, undefined, made);
      say(`Post ${at + 1} is rewritten. ${costWords(answer, headers)}`);
    }, "rewrite");
  },
  share: () => {
    const [{ made }, thread] = [state, shown()];
    work([[0, "Saving …"]], async (signal) => {
      if (edits.isEdited(thread)) {
        const { answer } = await askForThread(made, `api/threads/${thread.id}/edit`, { body: { thread: edits.contents(thread) }, signal });
        edits.saved(thread, answer);
        changed(undefined, undefined, made);
      }
      const link = address(`t/${thread.id}?shared`).href;
      await said(link, `The address is copied: ${link}`);
    }, "edit");
  },
  deleteAll: () => {
    const { made } = state;
    if (!confirmed()) return;
    work([[0, "Deleting …"]], async (signal) => {
      const words = await deleteThreads(made.owned, signal);
      if (state.made === made) close();
      forgetThread(made.at);
      showHistory();
      say(words);
      form.source.focus();
    });
  },
};

// --- What is kept in the browser --------------------------------------------------------------------------------

let keeping;
function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(keepNow, 200);
}

function keepNow() {
  clearTimeout(keeping);
  if (!state.made) return;
  rememberThread(state.made);
  remember("open", state.made.at);
  showHistory();
}
addEventListener("pagehide", keepNow);

function open(made) {
  keepNow();
  Object.assign(state, { made, platform: form.platform.value });
  remember("open", made.at);
  show();
}

function close() {
  clearTimeout(keeping);
  clearTimeout(waiting);
  state.review += 1; // what is under way is about what is closed
  state.made = null;
  remember("open", null);
  find("result").hidden = true;
}

function showHistory() {
  const threads = remembered("threads", []);
  find("history").hidden = !threads.length;
  find("threads").replaceChildren(...threads.map((made) => {
    const name = made.title ?? (made.source.text ?? made.source.url ?? "").slice(0, 60);
    return element("li", { className: "row" },
      button(name, () => { open(made); find("title").focus(); }, { className: "link", dir: "auto" }),
      element("span", { className: "hint", textContent: `${new Date(made.at).toLocaleDateString()} ${clock(made.at)}` }),
      button("Forget", () => { if (made.at === state.made?.at) close(); forgetThread(made.at); showHistory(); say("It is forgotten."); }, { "aria-label": `Forget ${name}` }));
  }));
}

find("forget-all").addEventListener("click", () => {
  close();
  for (const name of ["threads", "draft"]) remember(name, null);
  form.source.value = "";
  sayHowItIsRead();
  showHistory();
  say("All is forgotten.");
  form.source.focus();
});

// --- Saying -----------------------------------------------------------------------------------------------------

function say(words) {
  find("status").textContent = words;
}

let counting;
function fail(words, waitSeconds = 0) {
  find("error").textContent = words;
  if (!waitSeconds) return;
  clearInterval(counting);
  state.lockedUntil = Date.now() + waitSeconds * 1000;
  const tick = () => {
    const left = Math.ceil((state.lockedUntil - Date.now()) / 1000);
    find("make").textContent = `Again in ${Math.floor(Math.max(0, left) / 60)}:${String(Math.max(0, left) % 60).padStart(2, "0")}`;
    if (left > 0) return;
    clearInterval(counting);
    fail("");
    find("make").textContent = "Make a thread";
    find("make").disabled = Boolean(state.working);
    say("You can make a thread again.");
  };
  counting = setInterval(tick, 1000);
  tick();
}

for (const [name, value] of Object.entries(remembered("options", {}))) if (form.elements[name]) form.elements[name].value = value;
find("server").value = remembered("server", "");
form.source.value = remembered("draft", "");
sayHowItIsRead();
showHistory();
const last = remembered("threads", []).find((made) => made.at === remembered("open", 0));
if (last) open(last);
