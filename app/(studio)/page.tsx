import { PageHead } from '#components/ui/panel.tsx';

export default function OverviewPage() {
  return <PageHead title="Overview" />;
}
