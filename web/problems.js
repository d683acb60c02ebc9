// What the page says of each kind of problem (core/errors.py): what happened, and what to do next. A status makes a
// kind more exact. The object is JSON: the server's pages take their words from it, too.
export const problems = {
  "internal": "Something broke on our side. Try again; if it happens again, tell the operator of this page.",
  "validation": "Something in the form cannot be used. Check the link or the text and the options, then try again.",
  "validation edit": "The platform would not take the thread like this. Mend what is marked in red, then save it.",
  "validation rewrite": "This post cannot be rewritten: it holds nothing but a link. Change it by hand.",
  "validation 400": "The request arrived damaged. Try again.",
  "validation 408": "Your connection was too slow to send the text in time. Try again, or send a shorter part.",
  "validation 413": "The text is too long. Paste the part that matters: a megabyte at most.",
  "validation 415": "Your browser sent the text in a form that cannot be read. Reload the page and try again.",
  "unauthorized": "This needs the admin's token. Check it and enter it again.",
  "unauthorized 403": "The operator of this page has blocked you. Ask there, if that is a mistake.",
  "not-found": "There is no such thread, or its time is over. Make it again from its source.",
  "method-not-allowed": "The page is older than its server. Reload it and try again.",
  "rate-limited": "You have made all the threads that you may make for now. Wait a while, then try again.",
  "not-cached": "Nothing is kept for this. Make the thread to have it.",
  "cache-unavailable": "The memory of this service cannot be reached just now. Try again in a few seconds.",
  "article-blocked": "There is no public page at this address. Check the link for a slip, or paste the text of the article.",
  "article-unreachable": "The page did not answer with an article. Open the link in a browser to check it, or paste its text.",
  "article-timeout": "The page took too long to answer. Try again, or paste the text of the article.",
  "article-too-large": "The page is too large to read. Paste the part that matters as text.",
  "unsupported-content": "This is not a page with text, such as an article or a PDF. Paste the text instead.",
  "no-article": "No article was found on the page; it may need a login. Paste the text instead.",
  "paywall": "The page shows only the start of the article. Paste the whole text, if you may read it.",
  "model-unavailable": "The writer cannot be reached just now. Try again in a minute.",
  "model-unavailable key": "The writer's key was refused. The operator of this page must set a valid one; change the post by hand meanwhile.",
  "model-unavailable quota": "The writer's account has no credit left. The operator of this page must add some; try again later.",
  "model-unavailable model": "There is no such writer as was set. The operator of this page must name another; try again later.",
  "model-unavailable server": "The writer failed with an error of its own. It may work again in a minute.",
  "model-unavailable none": "No writer is set up here, so nothing can be rewritten. Change the post by hand.",
  "budget-spent": "What may be spent on writing today is used up. Try again tomorrow.",
  "content-refused": "The writer declined this content. Change the text, or take another article.",
  "offline": "You are offline. Your text is kept here; try again when you are connected.",
  "unreachable": "Threadr cannot be reached. Check your connection, then try again."
};

// What a detail of model-unavailable begins with, where it names a fault (core/writing/model/failure.toml).
const FAULTS = {
  key: "The model's server refused the key", quota: "The model's account has no quota", model: "The model's server has no such model",
  server: "The model's server failed", none: "No OPENAI_API_KEY is set",
};

export const faultOf = (detail) => Object.keys(FAULTS).find((name) => String(detail ?? "").startsWith(FAULTS[name]));

// An error that says what to do; `waitSeconds` is the time to wait first, 0 where there is none.
export class Problem extends Error {
  constructor(kind, { status = 0, fault = "", waitSeconds = 0 } = {}) {
    super(problems[`${kind} ${fault}`] ?? problems[`${kind} ${status}`] ?? problems[kind] ?? problems.internal);
    this.kind = kind;
    this.waitSeconds = waitSeconds;
  }
}
