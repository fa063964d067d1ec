/** The worker for checksums, also on pages that enforce Trusted Types: they allow the policy `portway`. */

import { type Hasher, workerHasher } from "@portway/client";
import address from "@portway/client/worker?worker&url";

interface Policy {
  createScriptURL(url: string): string;
}

interface Factory {
  createPolicy(name: string, rules: Policy): Policy;
}

let policy: Policy | undefined;

/** Nobody but this file makes addresses trusted, and of one address only. */
function trusted(): string {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  policy ??= factory?.createPolicy("portway", { createScriptURL: () => address });
  return policy?.createScriptURL(address) ?? address;
}

export function hasher(): Hasher {
  return workerHasher(() => new Worker(trusted(), { type: "module", name: "portway-checksums" }));
}
