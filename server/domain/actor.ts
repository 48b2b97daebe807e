import type { ROLES } from '#lib/contracts/identity.ts';

/** Who asks. Every command and query takes one; `authorize` decides from it. */
export interface Actor {
  kind: 'user' | 'api_key' | 'system';
  /** User id, API key id, or the name of a loop of the control plane. */
  id: string;
  /** For people: an e-mail address, `api key "ci"`, `viridian`. */
  name: string;
  role: (typeof ROLES)[number];
  /** The account behind it; null for the control plane itself. */
  userId: string | null;
}

/** The control plane acting on its own account. */
export const SYSTEM_ACTOR: Actor = {
  kind: 'system',
  id: 'system',
  name: 'viridian',
  role: 'administrator',
  userId: null,
};
