// The state of the page (one run, or two runs that train side by side), the controls that change the configs of the
// runs, and the loop that trains the runs.
(async () => {
  'use strict';
  const { html, svg, text, short, extent, ticks, log_ticks, log_label, drawing, explain } = window.charts;
  const { set, set_all, add_layer, remove_layer, with_data } = window.config_text;
  const by_id = (id) => document.getElementById(id);
  const start = JSON.parse(by_id('start').textContent);
  const root = document.documentElement;

  function say(words, kind = 'bad') {
    const node = by_id('message');
    node.hidden = words === '';
    node.className = kind;
    node.textContent = words;
  }
  let engine;
  try {
    engine = await window.start_engine(new URLSearchParams(location.search).get('engine'));
  } catch (error) {
    say(`This browser cannot run the engine: ${error.message}`);
    return;
  }
  by_id('engine').textContent =
    engine.kind === 'fused'
      ? 'the module “fused”, because the multiply-add instruction of this machine rounds only once'
      : 'the module “exact”, which computes each fused multiply-add with additions and products';
  by_id('engine').dataset.kind = engine.kind;
  for (const [name, contents] of Object.entries(start.files)) engine.put_file(name, contents);
  const names = engine.names();
  const network = window.network_view(engine);
  const sample = window.sample_view(engine, start.cards);

  // Run 0 is A, run 1 is B.
  let runs = [];
  let shown = 0;
  let pick = { l: 0, j: 0, row: 0 };
  let playing = false;
  const run_shown = () => runs[Math.min(shown, runs.length - 1)];
  function read(run) {
    run.state = engine.state(run.index, run.history.length);
    run.history.push(...run.state.history);
  }
  function adopt(index) {
    const info = engine.describe(index);
    const run = { index, name: 'AB'[index], info, data: engine.data(index), history: [], text: engine.config(index) };
    const file = /^file = (".*")$/m.exec(run.text);
    run.file = file ? JSON.parse(file[1]) : null;
    runs[index] = run;
    read(run);
  }
  // Loads a config into run A, the first of the two runs. If the config is wrong, nothing changes.
  function load(config) {
    try {
      engine.load(0, config);
    } catch (error) {
      say(error.message);
      return false;
    }
    say('');
    end_b();
    runs = [];
    adopt(0);
    pick = { l: 0, j: 0, row: Math.min(pick.row, runs[0].data.class.length - 1) };
    show_run();
    return true;
  }
  const over_words = ({ state, info }) =>
    `The run is over (epoch ${state.epoch} of ${info.epochs}). Rewind it and run it again, or increase the number of epochs.`;
  // Changes the config of a run. The engine decides whether the run continues with its weights or starts again.
  function change(config, index = 0) {
    const was_playing = playing;
    try {
      const goes_on = engine.change(index, config);
      adopt(index);
      const over = runs[index].state.done;
      say(!goes_on ? '' : over ? over_words(runs[index]) : 'Training continues from the current weights.', 'note');
      if (!goes_on && runs.length > 1) {
        const other = 1 - index;
        engine.load(other, runs[other].text);
        adopt(other);
      }
    } catch (error) {
      say(error.message);
      fill_form();
      return;
    }
    const { layers } = run_shown().info;
    if (pick.l >= layers.length || pick.j >= layers[pick.l].units) pick = { ...pick, l: 0, j: 0 };
    pick.row = Math.min(pick.row, run_shown().data.class.length - 1);
    show_run();
    if (was_playing) set_playing(true);
  }
  const changed = (key, value) => change(set(runs[0].text, key, value));

  const quoted = (v) => JSON.stringify(v);
  const plain = (v) => (v === undefined ? '' : v.replaceAll('"', ''));
  function select(label, key, options, act) {
    const node = html('select', { 'data-key': key }, ...options.map((name) => html('option', { value: name }, name)));
    node.addEventListener('change', () => act(node.value));
    return html('label', {}, label, node);
  }
  function number(label, key, attributes = {}, act = (value) => changed(key, value)) {
    const node = html('input', { type: 'number', step: 'any', 'data-key': key, ...attributes });
    node.addEventListener('change', () => act(node.value === '' ? null : node.value));
    return html('label', {}, label, node);
  }
  function check(label, key) {
    const node = html('input', { type: 'checkbox', 'data-key': key });
    node.addEventListener('change', () => changed(key, String(node.checked)));
    return html('label', { class: 'check' }, node, label);
  }
  const output_of = (generator) =>
    ['spirals', 'gaussians'].includes(generator)
      ? ['softmax', 'cross_entropy']
      : ['sine', 'plane'].includes(generator)
        ? ['identity', 'mse']
        : ['sigmoid', 'binary_cross_entropy'];
  function set_data(lines, [activation, loss]) {
    const config = with_data(runs[0].text, lines);
    const last = runs[0].info.layers.length;
    change(set_all(config, { [`layer.${last}.activation`]: quoted(activation), 'train.loss': quoted(loss) }));
  }
  const row = (...nodes) => html('div', { class: 'field-row' }, ...nodes);
  function layer_rows() {
    const { layers } = runs[0].info;
    return layers.map((layer, l) => {
      const key = (name) => `layer.${l + 1}.${name}`;
      const base = layer.activation.split('(')[0];
      const alpha = /\(([^)]*)\)/.exec(layer.activation)?.[1];
      const last = l + 1 === layers.length;
      const choose = select('σ', key('activation'), names.activation, (name) =>
        changed(key('activation'), quoted(name)),
      );
      choose.lastChild.value = base;
      const head = html('div', { class: 'layer-head' }, html('b', {}, `layer ${l + 1}`));
      const units = number('units', key('units'), { min: 1, step: 1 });
      units.lastChild.disabled = last;
      const shape = number('α', key('alpha'), {}, (value) => changed(key('activation'), quoted(`${base}(${value})`)));
      shape.lastChild.value = alpha ?? '';
      const init = select(
        'initial weights',
        key('init'),
        ['auto', ...new Set([...names.init.map((n) => n.replace('(c)', '(0.1)').replace('(s)', '(1)')), layer.init])],
        (name) => changed(key('init'), quoted(name)),
      );
      const more = html(
        'details',
        {},
        html('summary', {}, 'more settings: initial weights, dropout, batch norm, residual'),
        row(init, number('dropout', key('dropout'), { min: 0, max: 0.95 })),
        row(check('batch norm', key('batch_norm')), check('residual', key('residual'))),
      );
      const fields = row(units, choose, ...(alpha === undefined ? [] : [shape]));
      fields.classList.add('wide-second');
      if (!last) {
        const add = html('button', { type: 'button', class: 'small' }, 'copy');
        add.addEventListener('click', () => change(add_layer(runs[0].text, l)));
        const remove = html('button', { type: 'button', class: 'small' }, 'remove');
        remove.addEventListener('click', () => change(remove_layer(runs[0].text, l)));
        head.append(add, remove);
      } else if (layers.length === 1) {
        const add = html('button', { type: 'button', class: 'small' }, 'add a hidden layer');
        add.addEventListener('click', () => change(add_layer(runs[0].text, -1)));
        head.append(add);
      }
      return html('div', { class: 'layer' }, head, fields, more);
    });
  }
  let open_details = [];
  function fill_form() {
    const { settings } = runs[0].info;
    const host = by_id('form');
    open_details = Array.from(host.querySelectorAll('details'), (node) => node.open);
    const generator = select('data', 'data.generator', names.generator, (name) =>
      set_data([`generator = ${quoted(name)}`], output_of(name)),
    );
    const of_generator = [
      number('points', 'data.points', { min: 1, step: 1 }),
      number('noise', 'data.noise', { min: 0 }),
    ];
    for (const { lastChild } of of_generator) lastChild.disabled = runs[0].file !== null;
    if (runs[0].file) generator.lastChild.prepend(html('option', { value: '' }, runs[0].file));
    const rate = html('input', {
      type: 'range',
      min: -5,
      max: 1,
      step: 0.05,
      'aria-label': 'learning rate (logarithmic scale)',
      id: 'rate',
    });
    rate.value = String(Math.log10(Number(settings['train.learning_rate'])) || -2);
    rate.addEventListener('change', () =>
      changed('train.learning_rate', String(Number((10 ** Number(rate.value)).toPrecision(2)))),
    );
    host.replaceChildren(
      generator,
      row(...of_generator, number('seed', 'seed', { min: 0, step: 1 })),
      row(check('standardise the inputs', 'data.standardize')),
      row(
        select('loss', 'train.loss', names.loss, (name) => changed('train.loss', quoted(name))),
        select('optimiser', 'train.optimizer', names.optimizer, (name) =>
          change(
            set_all(runs[0].text, {
              'train.optimizer': quoted(name),
              'train.epsilon': null,
              'train.weight_decay': null,
            }),
          ),
        ),
      ),
      row(number('learning rate', 'train.learning_rate', { min: 0 }), html('label', {}, '10⁻⁵ … 10', rate)),
      row(
        number('batch (0 = all)', 'train.batch_size', { min: 0, step: 1 }),
        number('epochs', 'train.epochs', { min: 0, step: 1 }),
      ),
      row(
        number('momentum', 'train.momentum', { min: 0, max: 0.999 }),
        number('decay', 'train.weight_decay', { min: 0, title: 'weight decay' }),
        number('clip norm', 'train.clip_norm', { min: 0 }),
      ),
      ...layer_rows(),
    );
    host.querySelectorAll('details').forEach((node, i) => {
      node.open = open_details[i] ?? false;
    });
    for (const node of host.querySelectorAll('[data-key]')) {
      const value = settings[node.dataset.key];
      if (value === undefined) continue;
      if (node.type === 'checkbox') node.checked = value === 'true';
      else if (node.dataset.key.endsWith('.activation')) node.value = plain(value).split('(')[0];
      else node.value = plain(value);
    }
    if (runs[0].file) generator.lastChild.value = '';
    by_id('text').value = runs[0].text;
    const keys = Object.keys(settings).filter(
      (key) => !key.startsWith('data.') && key !== 'seed' && !key.endsWith('.units'),
    );
    const chosen = by_id('b-key').value;
    by_id('b-key').replaceChildren(...keys.map((key) => html('option', {}, key)));
    by_id('b-key').value = keys.includes(chosen) ? chosen : 'layer.1.activation';
    if (!chosen) by_id('b-value').value = plain(settings[by_id('b-key').value]);
  }

  // A second run, B, beside the first run, A
  function end_b() {
    if (runs.length > 1) engine.unload(1);
    runs.length = Math.min(runs.length, 1);
    shown = 0;
    by_id('look').value = '0';
  }
  function start_b(config) {
    try {
      engine.load(0, runs[0].text);
      engine.load(1, config);
    } catch (error) {
      say(error.message);
      return;
    }
    say('');
    adopt(0);
    adopt(1);
    show_run();
  }
  function b_from_form() {
    const key = by_id('b-key').value;
    const word = by_id('b-value').value.trim();
    const value = /^(-?[0-9.][-+0-9.e]*|true|false)$/.test(word) ? word : quoted(word);
    const layers = /^layer\.1\./.test(key) && runs[0].info.layers.length > 2;
    const same = runs[0].info.settings[key];
    let config = set(runs[0].text, key, value);
    // If run B changes a key of layer 1, B makes the same change in each hidden layer that had the value of layer 1.
    for (let l = 2; layers && l < runs[0].info.layers.length; ++l) {
      const at = key.replace('layer.1.', `layer.${l}.`);
      if (runs[0].info.settings[at] === same) config = set(config, at, value);
    }
    start_b(config);
  }
  function show_difference() {
    const two = runs.length > 1;
    by_id('b-stop').hidden = !two;
    by_id('look-label').hidden = !two;
    if (!two) {
      by_id('b-difference').textContent = '';
      return;
    }
    const [a, b] = runs.map(({ info }) => info.settings);
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
    by_id('b-difference').replaceChildren(
      ...keys.map((key) =>
        html('span', { class: 'difference' }, `${key}: A ${plain(a[key]) || '–'} | B ${plain(b[key]) || '–'}`),
      ),
    );
  }

  // Returns at most 500 points of a curve. Splits the curve into groups and keeps the lowest and the highest point of
  // each group, so no spike is lost.
  function thinned(points) {
    const size = Math.ceil(points.length / 250);
    if (size < 3) return points;
    const kept = [];
    for (let first = 0; first < points.length; first += size) {
      const group = points.slice(first, first + size).sort((a, b) => a[1] - b[1]);
      kept.push(...[group[0], group.at(-1)].sort((a, b) => a[0] - b[0]));
    }
    return kept;
  }
  function draw_loss() {
    const d = drawing(by_id('loss'), 220, [runs.length > 1 ? 22 : 8, 22, 32, 52], 'training loss');
    const series = runs.map(({ history }) => history.map(([epoch, [loss]]) => [epoch, loss]));
    const all = extent(series.flat().map(([, loss]) => loss));
    const logarithmic = all[0] > 0 && all[1] / all[0] > 30;
    const [low, high] = logarithmic ? all.map(Math.log10) : all;
    const pad = 0.05 * (high - low);
    const last = Math.max(...runs.map(({ info }) => info.epochs), 1);
    d.x_axis(0, last);
    d.y_axis(low - pad, high + pad);
    if (logarithmic) d.y_ticks(log_ticks(low, high, 7), log_label);
    else d.y_ticks(ticks(low, high, 5), short);
    d.x_ticks(ticks(0, last, 5).filter(Number.isInteger));
    d.add(text(d.right, d.height - 3, 'epoch', 'tick', 'end'));
    runs.forEach(({ name }, i) => {
      const points = thinned(series[i]);
      const path = points.map(
        ([epoch, loss], k) =>
          `${k === 0 ? 'M' : 'L'}${d.x(epoch).toFixed(1)} ${d.y(logarithmic ? Math.log10(loss) : loss).toFixed(1)}`,
      );
      if (points.length > 0)
        d.add(svg('path', { d: path.join(''), class: `curve ${i === 0 ? 'series-train' : 'series-validation'}` }));
      if (runs.length > 1)
        d.add(
          text(d.right - 22 * (1 - i), 14, name, `${i === 0 ? 'series-train' : 'series-validation'} legend`, 'end'),
        );
    });
    const describe = ([x]) => {
      const epoch = Math.max(1, Math.round(d.u(x) * last));
      const lines = runs.flatMap(({ name, history }) => {
        const record = history[epoch - 1];
        return record
          ? [
              `${runs.length > 1 ? `${name}: ` : ''}loss ${short(record[1][0], 5)}, ${runs[0].info.metric} ${short(record[1][1], 4)}`,
            ]
          : [];
      });
      return lines.length === 0 ? null : [`epoch ${epoch}`, ...lines];
    };
    explain(d, { describe });
  }

  // Shows the epoch of one run, the losses and metrics of all runs.
  function draw_numbers() {
    const run = run_shown();
    const { state, info } = run;
    by_id('where').textContent = `epoch ${state.epoch}${state.batch > 0 ? ` + ${state.batch}/${info.batches}` : ''}`;
    by_id('numbers').replaceChildren(
      ...runs.flatMap((one) => {
        const last = one.history.at(-1);
        if (!last) return [];
        const metric = info.metric === 'r2' ? 'R²' : 'accuracy';
        const list = [
          [`${runs.length > 1 ? `${one.name}: ` : ''}train loss`, last[1][0]],
          [`train ${metric}`, last[1][1]],
        ];
        if (last[2]) list.push(['validation loss', last[2][0]], [`validation ${metric}`, last[2][1]]);
        if (last[3]) list.push(['test loss', last[3][0]], [`test ${metric}`, last[3][1]]);
        return list.map(([name, value]) =>
          html('div', { title: String(value) }, html('dt', {}, name), html('dd', {}, short(value, 4))),
        );
      }),
    );
  }
  function draw_signature() {
    const run = run_shown();
    const { state } = run;
    const bits = engine.signature(run.index);
    by_id('signature').textContent = bits;
    by_id('signature').dataset.epoch = state.epoch;
    by_id('signature').dataset.done = String(state.done);
    const with_file = run.file === null ? '' : ` (with ${run.file} beside config.toml)`;
    const code = (command) => html('code', {}, command);
    by_id('repeat').replaceChildren(
      ...(state.touched !== null
        ? [
            `You changed the run at step ${state.touched}, so the config alone does not repeat the run. `,
            code('primer train config.toml --init model.safetensors'),
            ' continues from the current weights with a new optimiser',
          ]
        : state.done
          ? [
              `is the signature of the weights after epoch ${state.epoch}. `,
              code('primer train config.toml'),
              ` ends with the same signature${with_file}`,
            ]
          : [`signature at step ${state.step}; `, code('primer train config.toml'), ` repeats the run${with_file}`]),
    );
  }
  function draw(now = performance.now()) {
    network.draw(now, pick, runs);
    draw_numbers();
    draw_loss();
  }
  function draw_all() {
    draw();
    sample.draw(run_shown(), pick);
    draw_signature();
  }
  function show_run() {
    fill_form();
    show_difference();
    const run = run_shown();
    by_id('summary').textContent = `training rows: ${run.info.rows}; minibatches per epoch: ${run.info.batches}`;
    network.set_run(run, pick);
    draw_all();
  }

  // The loop that trains the runs and draws the page
  const shortest = 3; // per animation frame, training gets 10 ms minus the time of drawing, but at least `shortest` ms
  let drawing_took = 6;
  let chunk = 1;
  let waited = 0;
  // Trains every run by at most `steps` steps. An error in one run stops the training of all runs.
  function train(steps) {
    let more = false;
    try {
      for (const run of runs) {
        if (!run.state?.done) more = engine.run(run.index, steps) || more;
      }
    } catch (error) {
      say(error.message);
      set_playing(false);
      return false;
    }
    return more;
  }
  function train_for_a_frame(now) {
    const speed = by_id('speed').value;
    const { batches } = runs[0].info;
    if (speed === 'slow') {
      if (now - waited < 500) return true;
      waited = now;
      network.start_pulse();
      return train(1);
    }
    if (speed === 'step') return train(1);
    if (speed === 'epoch') return train(batches);
    const end = performance.now() + Math.max(shortest, 10 - drawing_took);
    let more = true;
    while (more && performance.now() < end) {
      const before = performance.now();
      more = train(chunk);
      const took = performance.now() - before;
      if (took < 1) chunk = Math.min(chunk * 2, 4096);
      else if (took > 4) chunk = Math.max(1, chunk >> 1);
    }
    return more;
  }
  let frame_count = 0;
  function frame(now) {
    requestAnimationFrame(frame);
    if (playing) {
      const more = train_for_a_frame(now);
      const before = performance.now();
      for (const run of runs) read(run);
      network.draw(now, pick, runs, frame_count);
      if (frame_count % 2 === 0) draw_numbers();
      if (frame_count % 6 === 1) draw_loss();
      drawing_took += (performance.now() - before - drawing_took) / 8;
      if (++frame_count % 6 === 0) sample.draw(run_shown(), pick);
      if (frame_count % 15 === 0) draw_signature();
      if (!more) set_playing(false);
    } else network.draw_motion(now);
  }
  function set_playing(on) {
    if (on && runs.every(({ state }) => state.done)) say(over_words(runs[0]), 'note');
    playing = on && !runs.every(({ state }) => state.done);
    by_id('play').textContent = playing ? '❚❚' : '▶';
    by_id('play').setAttribute('aria-label', playing ? 'pause' : 'run');
    if (!playing) draw_all();
  }
  function advance(steps) {
    set_playing(false);
    if (runs.every(({ state }) => state.done)) return say(over_words(runs[0]), 'note');
    train(steps);
    for (const run of runs) read(run);
    network.start_pulse();
    draw_all();
  }
  const left_in_epoch = () => runs[0].info.batches - runs[0].state.batch;
  function rewind() {
    set_playing(false);
    say('');
    for (const { index, text } of [...runs]) {
      engine.load(index, text);
      adopt(index);
    }
    show_run();
  }

  // Saving files from the page, and loading files into the page
  function save(name, bytes, type) {
    const link = html('a', { href: URL.createObjectURL(new Blob([bytes], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
  async function take_csv(file) {
    const contents = await file.text();
    engine.put_file(file.name, contents);
    const last = contents
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(',').at(-1).trim());
    const kinds = new Set(last);
    const is_classes = last.some((cell) => Number.isNaN(Number(cell))) || kinds.size <= 20;
    const output = !is_classes
      ? ['identity', 'mse']
      : kinds.size === 2
        ? ['sigmoid', 'binary_cross_entropy']
        : ['softmax', 'cross_entropy'];
    set_data([`file = ${quoted(file.name)}`], output);
  }

  // What the page does when the user clicks, presses a key or changes a setting
  network.set_pick((next) => {
    pick = { ...pick, ...next };
    if (next.row !== undefined) sample.reset();
    draw_all();
  });
  sample.set_change((what) => {
    if (what === 'hold') {
      if (playing) set_playing(false);
      return;
    }
    for (const run of runs) read(run);
    draw_all();
  });
  by_id('play').addEventListener('click', () => set_playing(!playing));
  by_id('step').addEventListener('click', () => advance(1));
  by_id('epoch-step').addEventListener('click', () => advance(left_in_epoch()));
  by_id('rewind').addEventListener('click', rewind);
  for (const id of ['tile-kind', 'line-kind']) by_id(id).addEventListener('change', () => draw());
  by_id('look').addEventListener('change', () => {
    shown = Number(by_id('look').value);
    show_run();
  });
  by_id('b-key').addEventListener('change', () => {
    by_id('b-value').value = plain(runs[0].info.settings[by_id('b-key').value]);
  });
  by_id('b-start').addEventListener('click', b_from_form);
  by_id('b-stop').addEventListener('click', () => {
    end_b();
    show_run();
  });
  by_id('apply').addEventListener('click', () => change(by_id('text').value));
  by_id('csv').addEventListener('change', (event) => {
    if (event.target.files.length > 0) take_csv(event.target.files[0]);
  });
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) take_csv(event.dataTransfer.files[0]);
  });
  by_id('hand-back').addEventListener('click', () => {
    sample.go(-1);
    draw_all();
  });
  by_id('hand-next').addEventListener('click', () => {
    sample.go(1);
    draw_all();
  });
  by_id('hand-jump').addEventListener('click', () => {
    sample.to_way_back(run_shown());
    draw_all();
  });
  by_id('get-config').addEventListener('click', () => save('config.toml', run_shown().text, 'text/plain'));
  by_id('get-model').addEventListener('click', () =>
    save('model.safetensors', engine.model(run_shown().index), 'application/octet-stream'),
  );
  by_id('link').addEventListener('click', () => {
    location.hash = encodeURIComponent(run_shown().text);
    navigator.clipboard?.writeText(location.href).catch(() => {});
    say('The address of this page now contains the config. Copy it to share it.', 'note');
  });
  addEventListener('hashchange', () => {
    const config = decodeURIComponent(location.hash.slice(1));
    if (config !== '' && config !== runs[0]?.text) load(config);
  });
  document.addEventListener('keydown', (event) => {
    const tag = event.target.tagName.toLowerCase();
    if (event.altKey || event.ctrlKey || event.metaKey || ['input', 'select', 'textarea'].includes(tag)) return;
    const in_hand = by_id('hand-card').contains(event.target);
    if (event.key === ' ' && tag !== 'button' && tag !== 'summary') set_playing(!playing);
    else if (event.key === 'ArrowRight' && in_hand) by_id('hand-next').click();
    else if (event.key === 'ArrowLeft' && in_hand) by_id('hand-back').click();
    else if (event.key === 'ArrowRight') advance(1);
    else if (event.key === 'ArrowDown' && tag !== 'button') advance(left_in_epoch());
    else return;
    event.preventDefault();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && playing) set_playing(false);
  });

  const stories = by_id('preset');
  stories.append(
    html('option', { value: '' }, start.name),
    ...window.presets.map(({ name }, i) => html('option', { value: i }, name)),
  );
  function tell() {
    const story = window.presets[stories.value];
    by_id('story').hidden = !story;
    if (!story) {
      if (load(start.config)) set_playing(true);
      return;
    }
    const show = html('button', { type: 'button', class: 'show' }, story.at ? 'show the network' : 'show the gradient');
    show.addEventListener('click', () =>
      by_id(story.at ?? 'way-back').scrollIntoView({ behavior: calm.matches ? 'auto' : 'smooth' }),
    );
    by_id('story').replaceChildren(
      story.look,
      ' ',
      show,
      html('br', {}),
      html('em', {}, 'A claim may use many seeds, and larger or smaller networks than this network. ', story.number),
    );
    by_id('tile-kind').value = story.units ?? 'field';
    by_id('speed').value = story.speed ?? 'fast';
    if (!load(story.config)) return;
    if (story.other) start_b(story.other);
    set_playing(!calm.matches);
  }
  stories.addEventListener('change', () => {
    set_playing(false);
    tell();
  });

  // Themes
  const calm = matchMedia('(prefers-reduced-motion: reduce)');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  function set_theme(theme) {
    root.dataset.theme = theme;
    network.read_colors();
    if (runs.length > 0) show_run();
  }
  by_id('theme').addEventListener('click', () => set_theme(root.dataset.theme === 'dark' ? 'light' : 'dark'));
  dark.addEventListener('change', () => set_theme(dark.matches ? 'dark' : 'light'));
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth === width) return;
    width = innerWidth;
    show_run();
  });

  set_theme(dark.matches ? 'dark' : 'light');
  const linked = decodeURIComponent(location.hash.slice(1));
  if (!(linked !== '' && load(linked)) && runs.length === 0) {
    const trouble = by_id('message').textContent;
    load(start.config);
    if (trouble !== '') say(trouble);
  }
  if (runs.length > 0 && !calm.matches && !document.hidden) set_playing(true);
  root.dataset.ready = 'yes';
  window.playground = { engine, runs: () => runs, frames: () => frame_count };
  requestAnimationFrame(frame);
})();
