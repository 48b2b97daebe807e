// The server that anyone would write first, for comparison: node:http, JSON.parse, session.run, JSON.stringify. No checks, no batching.
import { createServer } from 'node:http';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const folder = process.env.AZUREML_MODEL_DIR;
const file = readdirSync(folder).find((name) => name.endsWith('.onnx'));
const session = await InferenceSession.create(join(folder, file), { intraOpNumThreads: 1 });
const [input] = session.inputNames;
const width = session.inputMetadata[0].shape.slice(1);

async function score(body) {
  const rows = JSON.parse(body).input_data;
  const data = Float32Array.from(rows.flat(Infinity));
  const outputs = await session.run({ [input]: new Tensor('float32', data, [rows.length, ...width]) });
  const answer = {};
  for (const name of session.outputNames) {
    const { data: values, type } = outputs[name];
    answer[name] = Array.from(values, type === 'int64' ? Number : undefined);
  }
  return JSON.stringify(answer);
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const answer = await score(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(answer) });
      response.end(answer);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
