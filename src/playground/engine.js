// The engine of the page is WebAssembly: primer's core, training and config reader. This script starts the engine and
// turns the results of the engine into JavaScript values. The script itself computes nothing.
window.start_engine = async (wanted) => {
  'use strict';
  const text_of = (id) => document.getElementById(id).textContent.trim();
  let exports = null;

  async function module_of(id) {
    const packed = Uint8Array.from(atob(text_of(id)), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    return WebAssembly.compile(await new Response(stream).arrayBuffer());
  }
  const bytes_at = (at, size) => new Uint8Array(exports.memory.buffer, at, size);
  const string_at = (at, size) => new TextDecoder().decode(bytes_at(at, size));
  async function instance_of(id) {
    const module = await module_of(id);
    const imports = {
      host: {
        fail(at, size) {
          throw new Error(string_at(at, size));
        },
      },
    };
    for (const { module: room, name } of WebAssembly.Module.imports(module)) {
      imports[room] ??= {};
      imports[room][name] ??= () => 0;
    }
    exports = (await WebAssembly.instantiate(module, imports)).exports;
    exports._initialize?.();
  }
  // relaxed_madd rounds once on some machines, twice on others. The page uses this instruction only if it rounds once.
  async function start() {
    if (wanted !== 'exact') {
      try {
        await instance_of('fused');
        const h = 1 + 2 ** -30;
        if (exports.fma(h, h, -1 - 2 ** -29) === 2 ** -60) return 'fused';
      } catch (error) {
        if (!(error instanceof WebAssembly.CompileError)) throw error;
      }
    }
    await instance_of('exact');
    return 'exact';
  }

  const kind = await start();
  // If the engine throws, the engine's stack pointer keeps its changed value. So call() saves and restores the pointer.
  function call(name, ...values) {
    const stack = exports.__stack_pointer.value;
    try {
      return exports[name](...values);
    } catch (error) {
      exports.__stack_pointer.value = stack;
      throw error;
    }
  }
  function with_bytes(parts, act) {
    const places = parts.map((part) => {
      const at = call('allocate', part.length || 1);
      bytes_at(at, part.length).set(part);
      return at;
    });
    try {
      return act(...places.flatMap((at, i) => [at, parts[i].length]));
    } finally {
      for (const at of places) call('release', at);
    }
  }
  const encode = (text) => new TextEncoder().encode(text);
  const result = (name, ...values) => string_at(call(name, ...values), call('result_size'));
  const json = (name, ...values) => JSON.parse(result(name, ...values));
  const numbers = (at, size) => new Float64Array(exports.memory.buffer, at, size);

  return {
    kind,
    put_file: (name, text) => with_bytes([encode(name), encode(text)], (...at) => call('put_file', ...at)),
    load: (run, text) => with_bytes([encode(text)], (...at) => call('load', run, ...at)),
    change: (run, text) => with_bytes([encode(text)], (...at) => call('change', run, ...at)) !== 0,
    unload: (run) => call('unload', run),
    run: (run, batches) => call('run', run, batches) !== 0,
    names: () => json('names'),
    describe: (run) => json('describe', run),
    state: (run, known) => json('state', run, known),
    data: (run) => json('data', run),
    trace: (run, row) => json('trace', run, row),
    unit: (run, l, j) => json('unit', run, l, j),
    point: (run, l, z, dL_da) => json('point', run, l, z, dL_da),
    config: (run) => result('config', run),
    signature: (run) => result('signature', run),
    model(run) {
      const at = call('model', run);
      return bytes_at(at, call('result_size')).slice();
    },
    weights: (run, l, size) => numbers(call('weights', run, l), size),
    gradients: (run, l, size) => numbers(call('gradients', run, l), size),
    set_weight: (run, l, i, j, value) => call('set_weight', run, l, i, j, value),
    set_bias: (run, l, j, value) => call('set_bias', run, l, j, value),
    grid: (run, n, x, y) => call('grid', run, n, x[0], x[1], y[0], y[1]),
    grid_values: (run, l, slope, size) => numbers(call('grid_values', run, l, slope ? 1 : 0), size),
  };
};
