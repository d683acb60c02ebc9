// A thread's own page: what is to be copied. Without this script the posts are there to be selected.
import { confirmed, deleteThreads, ownedBefore } from "./deleting.js";
import { button, element, find } from "./element.js";
import { copied, joined } from "./share.js";

const texts = [...document.querySelectorAll("#posts .text")];
const say = async (words) => {
  find("status").textContent = await words;
};

for (const [at, text] of texts.entries()) {
  const act = () => say(copied(text.textContent, `Copied post ${at + 1}.`));
  text.parentElement.append(element("div", { className: "row tools" }, button("Copy", act, { "aria-label": `Copy: post ${at + 1}` })));
}
if (texts.length) {
  const all = () => say(copied(joined(texts.map((text) => text.textContent)), "The whole thread is copied."));
  const owned = ownedBefore([location.pathname.match(/[^/]*$/)[0]]);
  const forAll = owned.length && button("Delete…", () => remove(owned), { className: "small danger" });
  find("posts").before(element("p", { className: "row" }, button("Copy all", all, { className: "small primary" }), forAll || ""));
}

async function remove(owned) {
  if (!confirmed()) return;
  try {
    const words = await deleteThreads(owned);
    document.querySelector("main").querySelectorAll("#posts, #warnings, .row, .hint").forEach((part) => part.remove());
    say(words);
  } catch (error) {
    say(error.message);
  }
}
