const STEPS = ['Your account', 'This host', 'First model'];

/** Where in the set-up this page is. */
export function SetupSteps({ current }: { current: number }) {
  return (
    <ol className="mb-8 grid grid-cols-3 gap-1" aria-label="Steps">
      {STEPS.map((step, index) => (
        <li
          key={step}
          aria-current={index === current ? 'step' : undefined}
          className={`border-t-2 pt-2.5 text-xs ${index <= current ? 'border-accent' : 'border-line'} ${
            index === current ? 'font-medium' : 'text-muted'
          }`}
        >
          {index + 1} {step}
        </li>
      ))}
    </ol>
  );
}
