// Copying, files, and the platforms' own composers.
import { contents } from "./thread.js";

export const PLATFORMS = { x: "X", bluesky: "Bluesky", mastodon: "Mastodon", threads: "Threads", linkedin: "LinkedIn" };

const COMPOSERS = {
  x: "https://x.com/intent/post?text=",
  bluesky: "https://bsky.app/intent/compose?text=",
  mastodon: "https://mastodon.social/share?text=",
  threads: "https://www.threads.com/intent/post?text=",
  linkedin: "https://www.linkedin.com/feed/?shareActive=true&text=",
};

// `server` is where the reader's account is, for Mastodon.
export function composer(platform, text, server) {
  const start = platform === "mastodon" && /^[\w.-]+\.\w+$/.test(server) ? `https://${server}/share?text=` : COMPOSERS[platform];
  return start + encodeURIComponent(text);
}

// What is to be said of a copy: `done` when it was made.
export const copied = async (text, done) =>
  (await copy(text)) ? done : "Your browser does not let pages copy. Select the text and copy it yourself.";

// Also where the clipboard is closed to pages, as it is over plain HTTP.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: text });
    const focused = document.activeElement;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return done;
  }
}

// Four line ends divide posts where schedulers divide pasted text.
const FILES = {
  txt: ["text/plain", (posts) => `${posts.join("\n\n\n\n")}\n`],
  md: ["text/markdown", (posts, title) => `${title ? `# ${title}\n\n` : ""}${posts.map(escaped).join("\n\n---\n\n")}\n`],
  json: ["application/json", (posts) => JSON.stringify({ posts: posts.map((text) => ({ text })) }, null, 2)],
};

const escaped = (text) =>
  text
    .split(/(https?:\/\/[^\s<>]+)/)
    .map((part, at) => (at % 2 ? part : part.replace(/[\\`*_{}[\]<>#|~&]|^[-+=]|^\d+(?=[.)])/gm, (mark) => (/\d/.test(mark) ? `${mark}\\` : `\\${mark}`))))
    .join("")
    .replace(/(?<!\n)\n(?!\n)/g, "  \n");

export const joined = (posts) => FILES.txt[1](posts).trimEnd();

export function download(form, thread, title) {
  const [type, make] = FILES[form];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([make(contents(thread), title)], { type }));
  link.download = `${(title ?? "thread").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60).replace(/^-|-$/g, "") || "thread"}.${form}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
