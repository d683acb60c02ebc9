// A thread's own page: what is to be copied. Without this script the posts are there to be selected.
import { confirmed, deleteThreads, ownedBefore } from "./deleting.js";
import { button, element, find } from "./element.js";
import { copy } from "./share.js";

const texts = [...document.querySelectorAll("#posts .text")];
const say = async (copied, words) => {
  find("status").textContent = (await copied) ? words : "Your browser does not let pages copy. Select the text and copy it yourself.";
};

for (const [at, text] of texts.entries()) {
  const act = () => say(copy(text.textContent), `Copied post ${at + 1}.`);
  text.parentElement.append(element("div", { className: "row tools" }, button("Copy", act, { "aria-label": `Copy: post ${at + 1}` })));
}
if (texts.length) {
  const all = () => say(copy(texts.map((text) => text.textContent).join("\n\n\n\n")), "The whole thread is copied.");
  const owned = ownedBefore([location.pathname.match(/[^/]*$/)[0]]);
  const forAll = owned.length && button("Delete…", () => remove(owned), { className: "small danger" });
  find("posts").before(element("p", { className: "row" }, button("Copy all", all, { className: "small primary" }), forAll || ""));
}

async function remove(owned) {
  if (!confirmed()) return;
  try {
    const seconds = await deleteThreads(owned);
    document.querySelector("main").querySelectorAll("#posts, #warnings, .row, .hint").forEach((part) => part.remove());
    find("status").textContent = `The thread is deleted. In ${seconds} seconds the last copy of it is gone.`;
  } catch (error) {
    find("status").textContent = error.message;
  }
}
