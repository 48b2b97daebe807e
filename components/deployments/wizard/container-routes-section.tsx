'use client';

import { Checkbox } from '#components/ui/checkbox.tsx';
import { changeContainer, ContainerText } from './container-text.tsx';
import type { SectionProps } from './use-wizard.ts';
import { WizardSection } from './wizard-section.tsx';

/** Where the server in the container answers. */
export function ContainerRoutesSection({ wizard }: SectionProps) {
  return (
    <WizardSection
      id="routes"
      title="Routes"
      lead="Where the server answers, and how to see that it can. It must listen on all addresses, not on loopback alone."
    >
      <div className="grid gap-4 md:grid-cols-2">
        <ContainerText
          wizard={wizard}
          name="port"
          field="container-port"
          label="Port"
          hint="Leave it empty for a server that listens where PORT says."
          placeholder="8080"
        />
        <ContainerText
          wizard={wizard}
          name="scoringPath"
          field="container-scoring-path"
          label="Scoring path"
          hint="Where requests to the endpoint’s scoring address go."
        />
        <ContainerText
          wizard={wizard}
          name="readinessPath"
          field="container-readiness-path"
          label="Readiness path"
          hint="Answers 200 to 399 once the server takes calls. Empty asks at /."
        />
        <ContainerText
          wizard={wizard}
          name="livenessPath"
          field="container-liveness-path"
          label="Liveness path"
          hint="Fails when the server has to be started anew. Empty asks as for readiness."
        />
        <ContainerText
          wizard={wizard}
          name="probePort"
          field="container-probe-port"
          label="Port of the probes"
          hint="Empty means the port above."
        />
        <ContainerText
          wizard={wizard}
          name="grpcPort"
          field="container-grpc-port"
          label="Port of gRPC"
          hint="For servers with a port of its own for gRPC, as Triton and TensorFlow Serving. Empty means the port above."
          placeholder="8001"
        />
      </div>
    </WizardSection>
  );
}

/** What runs in the container, with what, and as whom. */
export function ContainerProgramSection({ wizard }: SectionProps) {
  const { container } = wizard.form;
  return (
    <WizardSection
      id="program"
      title="Program"
      lead="What runs in the image, if not what it runs by itself, and as whom."
    >
      <div className="grid gap-4 md:grid-cols-2">
        <ContainerText
          wizard={wizard}
          name="command"
          field="container-command"
          label="Command"
          hint="One argument a line, in place of the image’s own. No shell reads it."
          rows={4}
        />
        <ContainerText
          wizard={wizard}
          name="variables"
          field="container-variables"
          label="Environment variables"
          hint="One NAME=value a line; the text of an .env file can be pasted."
          rows={4}
        />
      </div>
      <div className="grid gap-4 md:grid-cols-2">
        <div className="grid content-start gap-1.5">
          <Checkbox
            isSelected={container.isRootReadOnly}
            onChange={(isRootReadOnly) => changeContainer(wizard, { isRootReadOnly })}
          >
            Read-only root file system
          </Checkbox>
          <p className="text-xs text-muted">
            Only /tmp can be written. Take it off for a server that keeps files elsewhere in its image.
          </p>
        </div>
        <ContainerText
          wizard={wizard}
          name="user"
          field="container-user"
          label="User"
          hint="A number, or user:group. Empty keeps the one of the image."
          placeholder="1000:1000"
        />
      </div>
    </WizardSection>
  );
}
