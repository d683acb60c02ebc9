// The source of a thread: a pasted text with the place of a quote marked, or the page that says it.
import { element } from "./element.js";

export function showSource(box, source, quote) {
  if (source.text) {
    showText(box, source.text, quote);
    return;
  }
  const link = quote ? `${source.url.split("#")[0]}#:~:text=${encodeURIComponent(quote.quote.slice(0, 120).trim()).replaceAll("-", "%2D")}` : source.url;
  box.replaceChildren(
    quote ? element("blockquote", {}, element("mark", { textContent: quote.quote })) : "",
    element("p", {}, element("a", { href: link, target: "_blank", rel: "noopener noreferrer", textContent: quote ? "Show it on the page" : source.url })));
}

function showText(box, text, quote) {
  const at = quote ? placeOf(text, quote) : -1;
  if (at < 0) {
    box.replaceChildren(quote ? element("blockquote", {}, element("mark", { textContent: quote.quote })) : "", text);
    return;
  }
  const mark = element("mark", { textContent: text.slice(at, at + quote.quote.length) });
  box.replaceChildren(text.slice(0, at), mark, text.slice(at + quote.quote.length));
  mark.scrollIntoView({ block: "center" });
}

// The quote's place nearest to where the server read it: it counts code points of the text after clean-up.
function placeOf(text, { quote, start }) {
  let nearest = -1;
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
    if (nearest < 0 || Math.abs(at - start) < Math.abs(nearest - start)) nearest = at;
  }
  return nearest;
}
