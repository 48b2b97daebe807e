import type { ChosenFile } from '#components/ui/drop-zone.tsx';
import type { ScriptForm } from '#lib/deployment-yaml/script-source.ts';
import { type DroppedScript, looksLikeModel, sortDroppedFiles } from '#lib/deployment-yaml/sort-dropped-files.ts';
import type { Wizard } from './use-wizard.ts';

/**
 * Puts dropped code into the form, its packages and its model with it. @returns what is wrong with the files, in words, or null
 * @throws Error with words for people when there is more code than a form holds
 */
export async function fillFromDrop(wizard: Wizard, files: ChosenFile[]): Promise<string | null> {
  const sorted = await sortDroppedFiles(files);
  if (sorted === null) {
    return 'No file of these defines init() and run(). Write them into the script above, or bring the model under Model below.';
  }
  takeScript(wizard, sorted);
  return null;
}

/** Whether files that were dropped as a model are a script with its model: then they fill in the low-code way. */
export async function takeDroppedScript(wizard: Wizard, files: ChosenFile[]): Promise<boolean> {
  if (looksLikeModel(files.map(({ path }) => path)) || !files.some(({ path }) => path.endsWith('.py'))) return false;
  // More text than a form holds is no script that somebody wrote; it travels as a model and is looked at there.
  const sorted = await sortDroppedFiles(files).catch(() => null);
  if (sorted !== null) takeScript(wizard, sorted);
  return sorted !== null;
}

/** What comes with a script and is no text is sent as the model. */
function takeScript(wizard: Wizard, { code, scoringScript, conda, pip, model }: DroppedScript<ChosenFile>): void {
  const packages: Partial<ScriptForm> =
    conda === null ? (pip === null ? {} : { packages: 'pip', pip }) : { packages: 'conda', conda };
  const script = { ...wizard.form.script, files: code, scoringScript, stored: null, ...packages };
  wizard.change({ method: 'low-code', script, tab: model.length > 0 ? 'upload' : 'none' });
  if (model.length > 0) wizard.sendModel(model);
}
