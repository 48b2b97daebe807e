import { Link } from '#components/ui/link.tsx';
import { describeUser } from '#lib/format/deployment-user.ts';

/** Deployments that use something, as links. */
export function DeploymentUsers({ usedBy }: { usedBy: readonly string[] }) {
  if (usedBy.length === 0) return 'Nobody';
  return usedBy.map((user) => {
    const { href, label } = describeUser(user);
    return (
      <Link key={user} href={href} className="me-3">
        {label}
      </Link>
    );
  });
}
