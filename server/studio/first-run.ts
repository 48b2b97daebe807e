import { callControlPlane, type Result } from './control-plane-client.ts';

/** Whether nobody has set this installation up yet. */
export async function readNeedsSetup(): Promise<Result<boolean>> {
  const state = await callControlPlane<{ needs_setup: boolean }>('/internal/setup-state');
  return state.ok ? { ok: true, data: state.data.needs_setup } : state;
}
