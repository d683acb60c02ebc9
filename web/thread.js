// A thread that is being edited: posts without their numbers, which are put on again when one is shown or copied.

const NUMBER = /\n\n\d{1,3}\/\d{1,3}$/;
const MAX_UNDO = 100;

// Of one platform's posts, as an answer has them.
export function threadOf(id, posts) {
  const numbered = posts.length > 1 && posts.every((post) => NUMBER.test(post.content));
  const thread = { id, numbered, posts: posts.map((post) => postOf(post, id, numbered)), undo: [] };
  thread.original = contents(thread);
  return thread;
}

// `from` names the post that the server has, which a rewrite starts from.
export function postOf({ content, number, evidence, support }, id, numbered) {
  const text = numbered ? content.replace(NUMBER, "") : content;
  return { text, from: { id, number }, evidence: evidence ?? [], support: support ?? null };
}

export const number = (thread, at) =>
  thread.numbered && thread.posts.length > 1 ? `\n\n${at + 1}/${thread.posts.length}` : "";

export const contents = (thread) => thread.posts.map((post, at) => post.text + number(thread, at));

export const isEdited = (thread) => contents(thread).join("\0") !== thread.original.join("\0");

// Every change is made by this, so that it can be undone; what follows in `same` is undone with it.
export function change(thread, posts, same = "") {
  const last = thread.undo.at(-1);
  if (!same || last?.same !== same) thread.undo.push({ same, posts: thread.posts });
  thread.undo.splice(0, thread.undo.length - MAX_UNDO);
  thread.posts = posts;
}

export function undo(thread) {
  const last = thread.undo.pop();
  if (last) thread.posts = last.posts;
  return Boolean(last);
}

const replaced = (posts, at, count, ...others) => [...posts.slice(0, at), ...others, ...posts.slice(at + count)];

export const write = (thread, at, text) =>
  change(thread, replaced(thread.posts, at, 1, { ...thread.posts[at], text }), `post ${at}`);

export function split(thread, at, caret) {
  const post = thread.posts[at];
  const [before, after] = [post.text.slice(0, caret).trimEnd(), post.text.slice(caret).trimStart()];
  change(thread, replaced(thread.posts, at, 1, { ...post, text: before }, { ...post, text: after, from: null }));
}

// The post and the one after it as one.
export function merge(thread, at) {
  const [first, second] = thread.posts.slice(at, at + 2);
  const text = [first.text.trimEnd(), second.text.trimStart()].filter(Boolean).join("\n\n");
  const evidence = [...first.evidence, ...second.evidence.filter((each) => !first.evidence.some((one) => one.start === each.start))];
  const support = [first.support, second.support].filter((each) => each !== null);
  change(thread, replaced(thread.posts, at, 2, { ...first, text, evidence, support: support.length ? Math.min(...support) : null }));
}

export const add = (thread, at) =>
  change(thread, replaced(thread.posts, at + 1, 0, { text: "", from: null, evidence: [], support: null }));

export const remove = (thread, at) => change(thread, replaced(thread.posts, at, 1));

export function move(thread, at, to) {
  const others = replaced(thread.posts, at, 1);
  change(thread, replaced(others, to, 0, thread.posts[at]));
}

// The hook in place of the first post's words; a link that stood after them stays.
export function pickHook(thread, hook) {
  const [first] = thread.posts;
  const link = first.text.match(/\n\nhttps?:\/\/\S+$/)?.[0] ?? "";
  change(thread, replaced(thread.posts, 0, 1, { ...first, text: hook + link, evidence: [], support: null }));
}

// What the server made of one post; where nothing else was changed, the thread is the server's again.
export function rewritten(thread, at, answer) {
  const wasEdited = isEdited(thread);
  const { id, number } = thread.posts[at].from;
  const posts = thread.posts.map((post) => (post.from?.id === id ? { ...post, from: { ...post.from, id: answer.id } } : post));
  change(thread, replaced(posts, at, 1, postOf(answer.post, answer.id, thread.numbered)));
  if (wasEdited || number !== at + 1) return;
  thread.id = answer.id;
  thread.original = contents(thread);
}

// The thread as it was saved: the server's again.
export function saved(thread, answer) {
  thread.id = answer.id;
  thread.posts = thread.posts.map((post, at) => ({ ...post, from: { id: answer.id, number: at + 1 } }));
  thread.original = contents(thread);
}
