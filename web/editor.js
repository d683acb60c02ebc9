// The posts of one thread as cards that can be edited; each action calls a handler of `on`.
import { button, element } from "./element.js";
import { composer, PLATFORMS } from "./share.js";
import { number } from "./thread.js";

// Of a thread on a platform, into the list. `on`: write, split, merge, move, add, remove, rewrite, copy, quote.
export function showPosts(list, thread, platform, { server, warnings, on }) {
  list.replaceChildren(...thread.posts.map((_, at) => card(thread, at, platform, { server, warnings, on })));
  for (const area of list.querySelectorAll("textarea.post")) fit(area);
}

// What /api/validate says of each post, under it.
export function showReview(list, review) {
  for (const [at, item] of [...list.children].entries()) {
    const post = review.thread[at];
    if (!post) continue;
    const count = item.querySelector(".count");
    count.textContent = post.remaining < 0 ? `${-post.remaining} over ${review.limit}` : `${post.character_count} of ${review.limit}`;
    count.classList.toggle("over", post.remaining < 0);
    count.classList.toggle("near", post.remaining >= 0 && post.remaining <= 20);
    const said = post.problems.map((words) => element("li", { textContent: words }));
    item.querySelector(".problems").replaceChildren(...said);
    item.querySelector("textarea").setAttribute("aria-invalid", String(said.length > 0));
  }
}

export function focusPost(list, at, caret) {
  const area = list.children[at]?.querySelector("textarea.post");
  area?.focus();
  if (caret !== undefined) area?.setSelectionRange(caret, caret);
}

function card(thread, at, platform, { server, warnings, on }) {
  const post = thread.posts[at];
  const [name, total] = [`Post ${at + 1}`, thread.posts.length];
  const area = element("textarea", {
    className: "post", value: post.text, dir: "auto", rows: 2, "aria-label": `${name} of ${total}`,
    "aria-describedby": `count-${at} problems-${at}`,
    oninput: () => { fit(area); on.write(at, area.value); },
    onkeydown: (event) => keys(event, area, at, thread, on),
  });
  const wish = wishForm(at, on);
  const open = element("a", {
    className: "button small", target: "_blank", rel: "noopener noreferrer", textContent: `Open in ${PLATFORMS[platform]}`,
    href: "#", onpointerdown: () => aim(), onfocus: () => aim(), onclick: () => aim(),
  });
  const aim = () => { open.href = composer(platform, thread.posts[at].text + number(thread, at), server); };
  aim();
  const labelled = (words, act, more = {}) => button(words, act, { "aria-label": `${words}: ${name.toLowerCase()}`, ...more });
  return element("li", { className: "card" },
    element("span", { className: "face", "aria-hidden": "true", textContent: at + 1 }),
    area,
    element("p", { className: "number", textContent: number(thread, at).trim() }),
    element("p", { className: "facts" }, element("span", { className: "count", id: `count-${at}`, textContent: "…" }), supportWords(post)),
    element("ul", { className: "problems", id: `problems-${at}` }),
    ...warnings(post).map((words) => element("p", { className: "warning", textContent: words, dir: "auto" })),
    proof(post, on),
    element("div", { className: "row tools", role: "group", "aria-label": name },
      labelled("Copy", () => on.copy(at)),
      open,
      post.from && labelled("Rewrite…", () => { wish.hidden = !wish.hidden; wish.elements.wish.focus(); }),
      element("details", { className: "more" }, element("summary", { textContent: "Change", "aria-label": `Change ${name.toLowerCase()}` }),
        element("div", { className: "row" },
          labelled("Split at the cursor", () => on.split(at, area.selectionEnd)),
          at + 1 < total && labelled("Merge with the next", () => on.merge(at)),
          at > 0 && labelled("Move up", () => on.move(at, at - 1)),
          at + 1 < total && labelled("Move down", () => on.move(at, at + 1)),
          labelled("Add one below", () => on.add(at)),
          total > 1 && labelled("Delete", () => on.remove(at))))),
    wish);
}

function keys(event, area, at, thread, on) {
  const atStart = area.selectionStart === 0 && area.selectionEnd === 0;
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const acts = {
    Enter: event.altKey && (() => on.split(at, area.selectionEnd)),
    Backspace: !event.altKey && atStart && at > 0 && (() => on.merge(at - 1)),
    ArrowUp: event.altKey && at > 0 && (() => on.move(at, at - 1)),
    ArrowDown: event.altKey && at + 1 < thread.posts.length && (() => on.move(at, at + 1)),
  };
  if (!plain || !acts[event.key]) return;
  event.preventDefault();
  acts[event.key]();
}

function wishForm(at, on) {
  const field = element("input", { name: "wish", maxLength: 300, dir: "auto", placeholder: "shorter, with a question, less formal …", "aria-label": `How post ${at + 1} should be instead` });
  return element("form", {
    className: "row wish", hidden: true,
    onsubmit: (event) => { event.preventDefault(); on.rewrite(at, field.value.trim()); },
  }, field, element("button", { className: "small", textContent: "Rewrite it" }));
}

function supportWords(post) {
  if (post.support === null) return "";
  const share = Math.round(post.support * 100);
  return element("span", { className: share < 50 ? "near" : "", textContent: `${share} % of it is in the source` });
}

// Where the source says it; a quote leads to its place.
function proof(post, on) {
  if (!post.evidence.length) return "";
  const quotes = post.evidence.map((each) =>
    element("li", {}, button(each.quote, () => on.quote(each), { className: "quote", dir: "auto", title: "Show it in the source" })));
  return element("details", { className: "proof" }, element("summary", { textContent: `Where the source says it (${quotes.length})` }), element("ul", {}, ...quotes));
}

// As high as its text.
function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}
