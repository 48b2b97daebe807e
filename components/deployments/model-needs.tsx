import { Info, ShieldAlert } from 'lucide-react';
import { cx } from '#components/ui/class-names.ts';
import { Note } from '#components/ui/note.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';
import type { MlflowFacts, PythonNeeds, TritonFacts } from '#lib/contracts/model.ts';

/** What is built before the model can be loaded. */
export function PythonNote({ python }: { python: PythonNeeds }) {
  const { version, requirements, conda_packages: conda } = python;
  const interpreter = version === null ? 'Python' : `Python ${version}`;
  const count = requirements.length + conda.length;
  return (
    <Note icon={<Info size={16} aria-hidden="true" />}>
      It runs on {interpreter} with {count === 1 ? 'one package' : `${count} packages`} and what they need, installed
      once and shared by deployments that ask for the same.
      <details className="mt-1">
        <summary className="w-max cursor-pointer text-accent">Packages</summary>
        <PackageList python={python} />
      </details>
    </Note>
  );
}

/** The lines that say what is installed. */
export function PackageList({ python: { requirements, conda_packages: conda } }: { python: PythonNeeds }) {
  return (
    <ul className="mt-1 grid gap-x-6 font-mono text-xs md:grid-cols-2">
      {requirements.map((line) => (
        <li key={line} className="wrap-anywhere">
          {line}
        </li>
      ))}
      {conda.map((line) => (
        <li key={line} className="wrap-anywhere">
          {line} <span className="font-sans text-muted">from conda</span>
        </li>
      ))}
    </ul>
  );
}

const SHOWN_FILES = 4;

/** Some models are programs: whoever deploys one should know. */
export function TrustNote({ mlflow }: { mlflow: MlflowFacts }) {
  const files = mlflow.runs_code_from;
  if (files.length === 0) return null;
  const shown = files.slice(0, SHOWN_FILES).join(', ');
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : '';
  return (
    <Note icon={<ShieldAlert size={16} aria-hidden="true" />}>
      Loading it runs code from <span className="font-mono text-xs wrap-anywhere">{shown}</span>
      {more}. Deploy it only if you trust whoever made it. Nothing of it has been run to show this.
    </Note>
  );
}

/** The models of a repository, and which of them need Triton itself. */
export function TritonModels({ triton }: { triton: TritonFacts }) {
  return (
    <Table label="Models of the repository" compact>
      <thead>
        <tr>
          <HeadCell>Model</HeadCell>
          <HeadCell>Backend</HeadCell>
          <HeadCell numeric>Version served</HeadCell>
          <HeadCell numeric>Largest batch</HeadCell>
          <HeadCell>Without Triton</HeadCell>
        </tr>
      </thead>
      <tbody>
        {triton.models.map((model) => (
          <Row key={model.name}>
            <RowHeader className="font-mono text-xs">{model.name}</RowHeader>
            <Cell>{model.backend || '–'}</Cell>
            <Cell numeric>{model.served_versions.join(', ') || '–'}</Cell>
            <Cell numeric>{model.max_batch_size || '–'}</Cell>
            <Cell className={cx('min-w-60 py-1.5 whitespace-normal', !model.servable_without_triton && 'text-warning')}>
              {model.reason}
            </Cell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
