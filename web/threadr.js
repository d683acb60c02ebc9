// The plain form: asks /api/generate, shows the posts, copies them.
const form = document.getElementById("form");
const make = document.getElementById("make");
const status = document.getElementById("status");
const result = document.getElementById("result");
const posts = document.getElementById("posts");
const api = new URL("../api/generate", import.meta.url); // a path may stand in front of both

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const source = form.source.value.trim();
  const request = { platform: form.platform.value };
  request[isLink(source) ? "url" : "text"] = source;
  make.disabled = true;
  say("Reading and writing…");
  try {
    show(await ask(request));
  } catch (error) {
    result.hidden = true;
    say(error.message, true);
  } finally {
    make.disabled = false;
  }
});

document.getElementById("copy-all").addEventListener("click", (event) => {
  copy([...posts.querySelectorAll("p")].map((post) => post.textContent).join("\n\n\n"), event.currentTarget);
});

// An address alone, as people paste it: between marks, as Markdown or HTML, with slips, wrapped by a mailer. The
// server repairs it. A text that begins with a link has words, or sentences, after it.
function isLink(source) {
  if (source.length > 2048) return false;
  if (/^!?\[[^\]]*\]\(\s*<?https?:[^)]*\)+\S{0,2}$|^<a\s[^>]*href/i.test(source)) return true;
  const bare = source.replace(/^[^\p{L}\p{N}]*((url|feed|view-source):[^\p{L}\p{N}]*)?/iu, "");
  const link = bare.replace(/^((h*(t+|xx)p|h[tp]{2,4})s*\s*([:;：]|\/\/)|https?%3a)[\s/]*/i, "https://");
  const host = /^(([\p{L}\p{N}_-]+\.)+(\p{Ll}{2,}|\p{Lu}{2,}|\p{Lo}{2,})|(\d+\.){3}\d+)(:\d+)?([/?#]|\P{L}?$)/u;
  const scheme = link !== bare || link.startsWith("https://");
  if (!scheme && !host.test(bare)) return false;
  const wrapped = /^\S+(\s*\n[ \t>]*(?!https?:)[^\s>]\S*)*$/.test(link);
  return wrapped || (scheme && link.split(/\s+/).length < 4 && !/\n|\shttps?:/.test(link));
}

async function ask(request) {
  const response = await fetch(api, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  }).catch(() => {
    throw new Error("Threadr cannot be reached. Check your connection and try again.");
  });
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new Error(explain(body, response.headers.get("Retry-After")));
}

function explain(problem, retryAfter) {
  const wait = problem.status === 429 && retryAfter ? ` Try again in ${Math.ceil(retryAfter / 60)} min.` : "";
  return `${problem.title ?? "Something broke"}. ${problem.detail ?? ""}${wait}`;
}

function show(answer) {
  document.getElementById("title").textContent = answer.title ?? "Your thread";
  posts.replaceChildren(...answer.thread.map(card));
  result.hidden = false;
  say(answer.warnings.join(" "));
}

function card(post) {
  const item = document.createElement("li");
  const text = document.createElement("p");
  text.textContent = post.content;
  const foot = document.createElement("footer");
  const count = document.createElement("span");
  count.textContent = `${post.character_count} characters`;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "small", textContent: "Copy" });
  button.setAttribute("aria-label", `Copy post ${post.number}`);
  button.addEventListener("click", () => copy(post.content, button));
  foot.append(count, button);
  item.append(text, foot);
  return item;
}

async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}

function say(words, wrong = false) {
  status.textContent = words;
  status.classList.toggle("error", wrong);
}
