import type { Online } from "../seams.js";

/** What the browser says about the network. `true` means little, `false` can be relied on. */
export const browserOnline: Online = {
  isOnline: () => globalThis.navigator?.onLine ?? true,
  onReturn(listener) {
    globalThis.addEventListener?.("online", listener);
    return () => globalThis.removeEventListener?.("online", listener);
  },
};
