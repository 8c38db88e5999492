// Trains the configs that need no file with both modules of the playground in node: PROGRAM MODULES_FOLDER CONFIG... Each
// run must end with the signature of `primer train`. One more config has weights that the emulated fma cannot take.
// Exits with 77 if the modules are not built.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const [program, modules, ...configs] = process.argv.slice(2);
if (!fs.existsSync(`${modules}/exact.wasm`)) {
  console.log('skipped: the modules are not built; run make playground');
  process.exit(77);
}
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'primer-'));
const extreme = `${folder}/extreme.toml`;
fs.writeFileSync(
  extreme,
  `seed = 3
[data]
generator = "circles"
points = 60
[[layer]]
units = 9
activation = "sigmoid"
init = "normal(3e300)"
[[layer]]
units = 9
activation = "tanh"
init = "normal(1e-200)"
[[layer]]
activation = "sigmoid"
[train]
loss = "binary_cross_entropy"
optimizer = "adam"
epochs = 3
batch_size = 20
`,
);

function signature_of_page(module, config) {
  const imports = {
    host: {
      fail(at, size) {
        throw new Error(new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at, size)));
      },
    },
  };
  for (const { module: room, name } of WebAssembly.Module.imports(module)) {
    imports[room] ??= {};
    imports[room][name] ??= () => 0;
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  exports._initialize?.();
  const h = 1 + 2 ** -30;
  if (exports.fma(h, h, -1 - 2 ** -29) !== 2 ** -60) return null;
  const bytes = fs.readFileSync(config);
  const at = exports.allocate(bytes.length);
  new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
  exports.load(0, at, bytes.length);
  while (exports.run(0, 50)) {}
  const text = exports.signature(0);
  return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, text, 16));
}

let wrong = 0;
for (const config of [...configs, extreme]) {
  const run = execFileSync(program, ['train', config, '--quiet', '--out', `${folder}/run`, '--replace'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const expected = /signature +([0-9A-F]{16})/.exec(run)[1];
  for (const kind of ['fused', 'exact']) {
    let module;
    try {
      module = new WebAssembly.Module(fs.readFileSync(`${modules}/${kind}.wasm`));
    } catch (error) {
      console.log(`wasm ${kind} ${path.basename(config)} skipped: ${error.message.slice(0, 60)}`);
      continue;
    }
    const found = signature_of_page(module, config);
    const verdict = found === null ? 'skipped: fma rounds twice here' : found === expected ? found : `${found}  DIFFERENT from ${expected}`;
    console.log(`wasm ${kind} ${path.basename(config)} ${verdict}`);
    if (found !== null && found !== expected) ++wrong;
  }
}
fs.rmSync(folder, { recursive: true });
process.exit(wrong === 0 ? 0 : 1);
