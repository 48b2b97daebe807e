import { Section } from '#components/ui/panel.tsx';
import { Cell, HeadCell, Row, RowHeader, Table } from '#components/ui/table.tsx';

const CODES: readonly { status: string; from: string; means: string }[] = [
  { status: '200', from: 'model', means: 'The prediction' },
  { status: '400', from: 'model', means: 'The input does not fit the signature; the answer names the tensor' },
  { status: '401', from: 'gateway', means: 'The key or token is missing, wrong or expired' },
  { status: '403', from: 'gateway', means: 'The endpoint does not answer callers from this network' },
  { status: '404', from: 'gateway', means: 'No such endpoint or deployment, or nothing takes traffic' },
  { status: '413', from: 'gateway', means: 'The body is over the limit of the endpoint' },
  { status: '429', from: 'gateway', means: 'A limit is reached or too many calls wait; try again after Retry-After' },
  { status: '502', from: 'gateway', means: 'The instance dropped the call or gave no valid answer' },
  {
    status: '503',
    from: 'gateway',
    means: 'No instance is ready or none became free in time; try again after Retry-After',
  },
  { status: '504', from: 'gateway', means: 'The model did not begin to answer in time' },
];

/** What callers may see, and whose word it is. */
export function StatusCodes({ mapsErrors }: { mapsErrors: boolean }) {
  return (
    <Section title="Status codes">
      <Table label="Status codes">
        <thead>
          <tr>
            <HeadCell>Status</HeadCell>
            <HeadCell>From</HeadCell>
            <HeadCell>Means</HeadCell>
          </tr>
        </thead>
        <tbody>
          {CODES.map(({ status, from, means }) => (
            <Row key={status}>
              <RowHeader className="font-mono">{status}</RowHeader>
              <Cell>{from}</Cell>
              <Cell className="whitespace-normal!">{means}</Cell>
            </Row>
          ))}
        </tbody>
      </Table>
      <p className="mt-3 text-xs text-muted">
        {mapsErrors
          ? 'This endpoint answers 424 for every error of the model.'
          : "The model's own status is passed on; ms-azureml-model-error-statuscode is set on each of its errors."}
      </p>
    </Section>
  );
}
