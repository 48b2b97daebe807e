// Loads every program of the background without running it, so that Node keeps what it compiles (NODE_COMPILE_CACHE) for the processes to come.
import '../../server/bin/viridian.ts';
import '../../server/bin/telemetry.ts';
import '../../server/bin/control-plane.ts';
import '../../server/bin/gateway.ts';
import '../../server/bin/gateway/start-gateway-primary.ts';
import '../../server/bin/gateway/start-gateway-worker.ts';
import '../../server/drivers/docker/docker-driver.ts';
import '../../server/environments/image/image-builder.ts';
import '../../server/environments/image/registry-probe.ts';
import '../../server/tls/local-ca.ts';
import '../../server/inference/onnx/main.ts';

// Not by itself: a library may have left a timer or a thread behind.
process.exit(0);
