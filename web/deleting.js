// A thread that was made here can be deleted for everybody: the answer that made it had a token for that.
import { ask } from "./api.js";
import { remembered } from "./memory.js";

// The threads of an answer, and the tokens of those that are new; the others are somebody else's.
export const ownedBy = (ids, headers) => {
  const tokens = headers.get("X-Delete-Token");
  return tokens ? [{ ids, tokens }] : [];
};

// What this browser may delete of these threads: it made them before.
export const ownedBefore = (ids) =>
  remembered("threads", []).flatMap((made) => made.owned ?? []).filter((owned) => owned.ids.some((id) => ids.includes(id)));

// What is to be said when they are deleted.
export async function deleteThreads(owned, signal) {
  let seconds = 0;
  for (const { ids, tokens } of owned) {
    for (const id of ids) {
      try {
        const { answer } = await ask(`api/threads/${id}`, { method: "DELETE", headers: { "X-Delete-Token": tokens }, signal });
        seconds = Math.max(seconds, answer.gone_everywhere_in_seconds ?? 0);
      } catch (error) {
        if (!["unauthorized", "not-found"].includes(error.kind)) throw error; // not ours, or gone already
      }
    }
  }
  return `The thread is deleted. In ${seconds} seconds the last copy of it is gone.`;
}

export const confirmed = () => confirm("Delete this thread for everybody? Its address will lead nowhere, and nobody can bring it back.");
