import type { ServedModel } from './served-model.ts';

/** The models of an instance, by name and version. */
export class ModelCatalogue {
  /** By name, and each by rising version. */
  readonly models: readonly ServedModel[];
  readonly #byName = new Map<string, ServedModel[]>();

  constructor(models: readonly ServedModel[]) {
    this.models = models.toSorted((a, b) => compareText(a.name, b.name) || Number(a.version) - Number(b.version));
    for (const model of this.models) this.#byName.set(model.name, [...(this.#byName.get(model.name) ?? []), model]);
  }

  /** The newest version where none is named; null for what is not served. */
  find(name: string, version?: string): ServedModel | null {
    const versions = this.#byName.get(name) ?? [];
    return (version === undefined ? versions.at(-1) : versions.find((model) => model.version === version)) ?? null;
  }

  versionsOf(name: string): string[] {
    return (this.#byName.get(name) ?? []).map(({ version }) => version);
  }

  /** What `/score` means: the newest version of the only model; null where there are several. */
  get only(): ServedModel | null {
    return this.#byName.size === 1 ? (this.models.at(-1) ?? null) : null;
  }

  /** `a, version 1` for people. */
  describe(): string {
    const names = [...this.#byName.keys()];
    return names.map((name) => `${name}, version ${this.versionsOf(name).join(' and ')}`).join('; ');
  }

  get queued(): number {
    return this.models.reduce((sum, { queued }) => sum + queued, 0);
  }

  get running(): number {
    return this.models.reduce((sum, { running }) => sum + running, 0);
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
