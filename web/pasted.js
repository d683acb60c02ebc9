// Whether what was pasted is a link or a text.

const MAX_LINK = 2048;
const MAX_WORDS_AROUND = 30;
const HOST = /^(([\p{L}\p{N}_-]+\.)+(\p{Ll}{2,}|\p{Lu}{2,}|\p{Lo}{2,})|(\d+\.){3}\d+)(:\d+)?([/?#]|\P{L}?$)/u;
const AROUND = /^[^\p{L}\p{N}]+|[\p{Pe}\p{Pf}\p{Pi}"'>.,;:!?]+$/gu;

// {url} or {text}, as requests have it; `link`: the one in a text that could be read instead.
export function read(pasted) {
  const source = pasted.trim();
  if (isLink(source)) return { url: source };
  const link = linkInside(source);
  if (!link) return { text: source };
  const words = source.split(/\s+/).length - 1;
  return /\n/.test(source) || words > MAX_WORDS_AROUND ? { text: source, link } : { url: link };
}

// An address alone, as people paste it: between marks, as Markdown or HTML, with slips, wrapped by a mailer. The
// server repairs it.
export function isLink(source) {
  if (source.length > MAX_LINK) return false;
  if (/^!?\[[^\]]*\]\(\s*<?https?:[^)]*\)+\S{0,2}$|^<a\s[^>]*href/i.test(source)) return true;
  const bare = source.replace(/^[^\p{L}\p{N}]*((url|feed|view-source):[^\p{L}\p{N}]*)?/iu, "");
  const link = bare.replace(/^((h*(t+|xx)p|h[tp]{2,4})s*\s*([:;：]|\/\/)|https?%3a)[\s/]*/i, "https://");
  const scheme = link !== bare || link.startsWith("https://");
  if (!scheme && !HOST.test(bare)) return false;
  const wrapped = /^\S+(\s*\n[ \t>]*(?!https?:)[^\s>]\S*)*$/.test(link);
  return wrapped || (scheme && link.split(/\s+/).length < 4 && !/\n|\shttps?:/.test(link));
}

// The only address in a text: one with its scheme, or else a host with a path.
function linkInside(source) {
  if (source.length > 5_000) return "";
  const words = source.split(/\s+/).map((word) => word.replace(AROUND, ""));
  const full = words.filter((word) => /^https?:\/\/\S+\.\S/i.test(word));
  const bare = words.filter((word) => /\.\p{L}{2,}(:\d+)?\/\S/u.test(word) && HOST.test(word));
  const found = full.length ? full : bare;
  return found.length === 1 ? found[0] : "";
}
